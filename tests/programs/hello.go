// SPDX-License-Identifier: Apache-2.0
//
// The least that Go does.
package main

import "fmt"

func main() { fmt.Println("hello") }
