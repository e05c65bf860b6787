// SPDX-License-Identifier: Apache-2.0
//
// The runtime of Go on WASI: goroutines, channels, maps, garbage, recovered panics, JSON, hashes, files.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
)

type note struct {
	Line int    `json:"line"`
	Text string `json:"text"`
	Sum  string `json:"sum"`
}

func try(what func()) (caught any) {
	defer func() { caught = recover() }()
	what()
	return nil
}

func main() {
	lines := make(chan note)
	var done sync.WaitGroup
	scanner := bufio.NewScanner(os.Stdin)
	for n := 1; scanner.Scan(); n++ {
		done.Add(1)
		go func(n int, text string) {
			defer done.Done()
			lines <- note{n, strings.ToUpper(text), fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:12]}
		}(n, scanner.Text())
	}
	go func() { done.Wait(); close(lines) }()
	var notes []note
	for l := range lines {
		notes = append(notes, l)
	}
	sort.Slice(notes, func(a, b int) bool { return notes[a].Line < notes[b].Line })
	text, _ := json.MarshalIndent(notes, "", " ")
	fmt.Println(string(text))

	var nothing *note
	fmt.Println("caught:", try(func() { fmt.Println(nothing.Text) }))
	fmt.Println("caught:", try(func() { fmt.Println(os.Args[len(os.Args)]) }))
	trees := 0
	for i := 0; i < 10; i++ {
		trees += len(fmt.Sprint(make([]int, 1000*i)))
	}
	fmt.Println("garbage:", trees)
	if len(os.Args) > 1 {
		if err := os.WriteFile(os.Args[1]+"/notes.json", text, 0o644); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		entries, err := os.ReadDir(os.Args[1])
		fmt.Println(len(entries), err)
	}
	_, err := os.ReadFile("/no/such/file")
	fmt.Println(err)
}
