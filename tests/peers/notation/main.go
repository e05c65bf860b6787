// SPDX-License-Identifier: Apache-2.0

// Notary Project signatures by its own library, for tests: signs and verifies an artifact in a registry on loopback or
// in an OCI layout.
//
//	notation-check sign TARGET CHAIN KEY jws|cose [EXPIRY]
//	notation-check verify TARGET CONFIG
//
// TARGET is "HOST:PORT/REPOSITORY:TAG" or "layout:FOLDER:TAG". CONFIG is notation's configuration folder:
// trustpolicy.json and truststore/. Every line of the answer is one JSON object; verify writes one for each signature,
// in the order of the list, then a sum. Status 0: done, or at least one signature holds; 1: none holds; 2: could not tell.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/registry"
	"github.com/notaryproject/notation-go/signer"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
)

const usage = "notation-check sign TARGET CHAIN KEY jws|cose [EXPIRY] | verify TARGET CONFIG"

var mediaTypes = map[string]string{"jws": "application/jose+json", "cose": "application/cose"}

// target is an artifact and where its signatures are.
type target struct {
	repo  registry.Repository
	desc  ocispec.Descriptor
	scope string // what policies know it by
}

func openTarget(ctx context.Context, text string) (*target, error) {
	t := &target{scope: "local/layout"}
	name := text
	if rest, ok := strings.CutPrefix(text, "layout:"); ok {
		at := strings.LastIndex(rest, ":")
		if at < 0 {
			return nil, fmt.Errorf("%q has no tag", text)
		}
		repo, err := registry.NewOCIRepository(rest[:at], registry.RepositoryOptions{})
		if err != nil {
			return nil, err
		}
		t.repo, name = repo, rest[at+1:]
	} else {
		repo, err := remote.NewRepository(text)
		if err != nil {
			return nil, err
		}
		repo.PlainHTTP, repo.SkipReferrersGC = true, true
		t.repo, name = registry.NewRepository(repo), repo.Reference.Reference
		t.scope = repo.Reference.Registry + "/" + repo.Reference.Repository
	}
	var err error
	t.desc, err = t.repo.Resolve(ctx, name)
	return t, err
}

func say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func sign(ctx context.Context, t *target, args []string) error {
	s, err := signer.NewGenericSignerFromFiles(args[1], args[0])
	if err != nil {
		return err
	}
	opts := notation.SignOptions{ArtifactReference: t.desc.Digest.String()}
	opts.SignatureMediaType = mediaTypes[args[2]]
	if len(args) > 3 {
		if opts.ExpiryDuration, err = time.ParseDuration(args[3]); err != nil {
			return err
		}
	}
	if _, err = notation.Sign(ctx, s, t.repo, opts); err == nil {
		say(map[string]any{"signed": t.desc.Digest})
	}
	return err
}

// verdict on one signature.
type verdict struct {
	Signature string            `json:"signature"`
	MediaType string            `json:"mediaType"`
	OK        bool              `json:"ok"`
	Why       string            `json:"why,omitempty"`
	Signer    string            `json:"signer,omitempty"`
	Agent     string            `json:"agent,omitempty"`
	Time      string            `json:"time,omitempty"`
	Failed    map[string]string `json:"failed,omitempty"` // what, and whether it is enforced
}

func judge(ctx context.Context, v notation.Verifier, t *target, sig ocispec.Descriptor) verdict {
	out := verdict{Signature: sig.Digest.String()}
	blob, desc, err := t.repo.FetchSignatureBlob(ctx, sig)
	if err != nil {
		out.Why = "cannot be fetched: " + err.Error()
		return out
	}
	out.MediaType = desc.MediaType
	outcome, err := v.Verify(ctx, t.desc, blob, notation.VerifierVerifyOptions{
		ArtifactReference:  t.scope + "@" + t.desc.Digest.String(),
		SignatureMediaType: desc.MediaType,
	})
	out.OK = err == nil && outcome != nil && outcome.EnvelopeContent != nil
	if err != nil {
		out.Why = err.Error()
	}
	if outcome == nil {
		return out
	}
	for _, r := range outcome.VerificationResults {
		if r.Error != nil {
			if out.Failed == nil {
				out.Failed = map[string]string{}
			}
			out.Failed[string(r.Type)] = string(r.Action)
		}
	}
	if c := outcome.EnvelopeContent; c != nil {
		out.Signer = c.SignerInfo.CertificateChain[0].Subject.String()
		out.Agent = c.SignerInfo.UnsignedAttributes.SigningAgent
		out.Time = c.SignerInfo.SignedAttributes.SigningTime.UTC().Format(time.RFC3339)
	}
	return out
}

func verify(ctx context.Context, t *target, config string) (int, error) {
	dir.UserConfigDir = config
	policy, err := trustpolicy.LoadDocument()
	if err != nil {
		return 0, err
	}
	v, err := verifier.New(policy, truststore.NewX509TrustStore(dir.ConfigFS()), nil)
	if err != nil {
		return 0, err
	}
	good, all := 0, 0
	err = t.repo.ListSignatures(ctx, t.desc, func(list []ocispec.Descriptor) error {
		for _, sig := range list {
			out := judge(ctx, v, t, sig)
			all++
			if out.OK {
				good++
			}
			say(out)
		}
		return nil
	})
	say(map[string]int{"verified": good, "signatures": all})
	return good, err
}

func run(args []string) (int, error) {
	ctx := context.Background()
	signs := len(args) >= 5 && args[0] == "sign" && mediaTypes[args[4]] != ""
	if !signs && !(len(args) == 3 && args[0] == "verify") {
		return 2, fmt.Errorf("usage: %s", usage)
	}
	t, err := openTarget(ctx, args[1])
	if err != nil {
		return 2, err
	}
	if signs {
		if err := sign(ctx, t, args[2:]); err != nil {
			return 2, err
		}
		return 0, nil
	}
	good, err := verify(ctx, t, args[2])
	if err != nil {
		return 2, err
	}
	if good == 0 {
		return 1, nil
	}
	return 0, nil
}

func main() {
	status, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "notation-check:", err)
	}
	os.Exit(status)
}
