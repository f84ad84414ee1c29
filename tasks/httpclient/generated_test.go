package httpclient_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The generator is not among the module's dependencies: go run fetches it, and keeps it.
func TestTheClientIsWhatTheGeneratorMakesOfTheDocument(t *testing.T) {
	t.Parallel()
	if os.Getenv("CI") == "" {
		t.Skip("the generator comes over the network and takes half a minute to build: CI=1 go test ./tasks/httpclient")
	}
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	tool := regexp.MustCompile(`go:generate go run (\S+@v[0-9.]+) `).FindSubmatch(text)
	here, err := filepath.Abs(".")
	if tool == nil || err != nil {
		t.Fatalf("doc.go does not say how the client is generated; %v", err)
	}
	// It writes to where it runs.
	cmd := exec.CommandContext(t.Context(), "go", "run", string(tool[1]), "-config", filepath.Join(here, "oapi-codegen.yaml"), filepath.Join(here, "openapi.json"))
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want, err := os.ReadFile(filepath.Join(cmd.Dir, "client.gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("client.gen.go")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("client.gen.go is not what the generator makes of openapi.json, %v: go generate ./tasks/httpclient", err)
	}
}
