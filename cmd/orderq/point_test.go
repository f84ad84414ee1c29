package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"orderq/store/crash"
)

// placed gives, by the name of a point's constant, the positions of the calls crash.At(crash.Name) in the
// module's non-test code. A call whose argument is anything else is listed under "".
func placed(t *testing.T, root string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && (d.Name()[0] == '.' || d.Name()[0] == '_' || d.Name() == "testdata" || d.Name() == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 || member(call.Fun) != "At" {
				return true
			}
			point := member(call.Args[0])
			found[point] = append(found[point], files.Position(call.Pos()).String())
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// member is X of crash.X, "" for anything else.
func member(e ast.Expr) string {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); !ok || x.Name != "crash" {
		return ""
	}
	return s.Sel.Name
}

// constant is the name under which store/crash declares a point: gate-after is GateAfter.
func constant(p crash.Point) string {
	var b strings.Builder
	for word := range strings.SplitSeq(string(p), "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// A point that nobody passes would let its crash test wait for ever, and one passed in two places would
// leave one of them untested.
func TestEveryCrashPointStandsInExactlyOnePlace(t *testing.T) {
	t.Parallel()
	found := placed(t, filepath.Join("..", ".."))
	for _, p := range crash.Points() {
		name := constant(p)
		if at := found[name]; len(at) != 1 {
			t.Errorf("crash.At(crash.%s) stands in %d places, want 1: %v", name, len(at), at)
		}
		delete(found, name)
	}
	for name, at := range found {
		t.Errorf("crash.At is called with %q, which is no constant of crash.Points(): %v", name, at)
	}
}
