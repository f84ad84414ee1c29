package orderq_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// rule says which of our own packages a package may import. A package without a rule fails the test: a
// new one needs a place in the order before it is written.
type rule struct {
	pkg  string   // below the module; a last /... covers what is below it
	may  []string // likewise
	why  string
	only []string // not empty: who alone may import pkg, tests apart
}

var rules = []rule{
	{pkg: "yeastar", why: "the portal's API as it is: it must not know what we want from it"},
	{pkg: "yeastar/yeastartest", may: []string{"yeastar"}, only: []string{"cmd/..."}, why: "a simulated portal in production code would place simulated orders"},
	{pkg: "store", may: []string{"store/gather"}, why: "what we know of orders: all stand on it, so it stands on nobody"},
	{pkg: "store/journal", why: "the proof from outside Redis must not depend on what it proves"},
	{pkg: "store/crash", why: "everybody may die, so it is below everybody"},
	{pkg: "store/gather", why: "what sends scripts together does not know what they say"},
	{pkg: "store/protocol", only: []string{"store/protocol"}, why: "models for tests: what runs must not lean on them"},
	{pkg: "store/fleet", may: []string{"store"}, why: "what workers share lies in the same keys"},
	{pkg: "store/batch", may: []string{"store"}, why: "a batch is orders and a window"},
	{pkg: "store/hook", may: []string{"store"}, why: "endpoints are told of what the records say, and know nothing else"},
	{pkg: "store/storetest", may: []string{"store", "store/fleet", "store/batch"}, only: []string{"cmd/..."}, why: "a store for tests has an outage switch"},
	{pkg: "tasks", may: []string{"store", "store/crash"}, why: "the contract between those who ask and those who do knows neither of them"},
	{pkg: "tasks/sheet", may: []string{"tasks"}, why: "spreadsheets to intents and back is pure"},
	{pkg: "tasks/httpclient", why: "what speaks HTTP alone can be copied into any program"},
	{pkg: "tasks/intake", may: []string{"store", "store/batch", "tasks", "tasks/sheet"}, why: "a file to records, for every way in alike: it knows no worker and no portal"},
	{pkg: "worker/resolve", may: []string{"tasks", "yeastar"}, why: "names to ids serves dry runs too: it changes no record"},
	{pkg: "worker/plan", may: []string{"store", "tasks", "tasks/sheet", "worker/resolve"}, why: "what a file would order is found out by reads; only intake writes"},
	{pkg: "worker/webhook", may: []string{"store", "store/hook"}, why: "deliveries read events and keep their own books in store/hook, nothing else"},
	{pkg: "worker/review", may: []string{"store", "store/fleet", "store/journal", "tasks", "yeastar"}, why: "what a person decides by must not need a worker to run"},
	{pkg: "worker", may: []string{"store", "store/fleet", "store/batch", "store/journal", "store/crash", "tasks", "tasks/sheet", "yeastar", "worker/resolve", "worker/webhook"},
		why: "the handlers bring all of it together"},
	{pkg: "docs/examples/...", why: "an example has what its reader has, and that is nothing of ours"},
	{pkg: "cmd/...", may: []string{"..."}, only: []string{"cmd/..."}, why: "commands assemble; what they need to share belongs below"},
}

const module = "orderq"

func covers(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	if under, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == under || strings.HasPrefix(pkg, under+"/")
	}
	return pattern == pkg
}

func ruleFor(pkg string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return covers(r.pkg, pkg) })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

// forbidden says why pkg may not import imported, or nothing. Both are below the module.
func forbidden(pkg, imported string) string {
	from, ok := ruleFor(pkg)
	if !ok {
		return "it has no rule: give it a place in the order"
	}
	to, ok := ruleFor(imported)
	if !ok {
		return imported + " has no rule: give it a place in the order"
	}
	if !slices.ContainsFunc(from.may, func(p string) bool { return covers(p, imported) }) {
		return from.why
	}
	if len(to.only) > 0 && !slices.ContainsFunc(to.only, func(p string) bool { return covers(p, pkg) }) {
		return to.why
	}
	return ""
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	var stderr bytes.Buffer
	var out []listed
	for _, tags := range []string{"", "crashpoints"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-tags", tags, "-json=ImportPath,Imports", "./...")
		cmd.Stderr = &stderr
		raw, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v: %s", err, stderr.String())
		}
		for dec := json.NewDecoder(bytes.NewReader(raw)); dec.More(); {
			var p listed
			if err := dec.Decode(&p); err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
		}
	}
	return out
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		pkg, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue // the root has only this test
		}
		if _, ok := ruleFor(pkg); !ok {
			t.Errorf("%s has no rule: give it a place in the order", pkg)
		}
		for _, i := range p.Imports {
			if imported, ours := strings.CutPrefix(i, module+"/"); ours {
				if why := forbidden(pkg, imported); why != "" {
					t.Errorf("%s must not import %s: %s", pkg, imported, why)
				}
			}
		}
	}
}

// lone are modules of others that one package of ours alone may import, tests apart, with the reason.
var lone = []struct{ module, pkg, why string }{
	{"github.com/hibiken/asynqmon", "cmd/internal/queues", "a dashboard that can delete tasks is tamed in one place"},
	{"github.com/prometheus/client_golang", "cmd/internal/metrics", "what is measured stands in one table"},
}

func TestSomeModulesAreImportedInOnePlace(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range packages(t) {
		pkg, _ := strings.CutPrefix(p.ImportPath, module+"/")
		for _, i := range p.Imports {
			for _, l := range lone {
				if !covers(l.module+"/...", i) {
					continue
				}
				if used[l.module] = true; pkg != l.pkg {
					t.Errorf("%s must not import %s: %s, in %s", pkg, i, l.why, l.pkg)
				}
			}
		}
	}
	for _, l := range lone {
		if !used[l.module] {
			t.Errorf("nobody imports %s: take its rule away", l.module)
		}
	}
}

// CI tests some packages without the race detector, which is dear and finds nothing where nothing runs at once.
func TestWhatIsTestedWithoutTheRaceDetectorStartsNoGoroutine(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(script), "\nalone=(")
	list, _, _ = strings.Cut(list, ")")
	if len(strings.Fields(list)) == 0 {
		t.Fatal(".ci/run names no package as alone: take this test away")
	}
	for _, pkg := range strings.Fields(list) {
		files, err := filepath.Glob(strings.TrimPrefix(pkg, module+"/") + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", pkg, files, err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range parsed.Imports {
				if p := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(p, "sync") || strings.Contains(p, "x/sync") {
					t.Errorf("%s imports %s: test it with the race detector", file, p)
				}
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				if _, starts := n.(*ast.GoStmt); starts {
					t.Errorf("%s starts a goroutine: test it with the race detector", file)
				}
				return true
			})
		}
	}
}

func TestTheImportRulesForbidWhatTheyMust(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imported string
		ok            bool
	}{
		{"tasks", "store", true},
		{"worker", "worker/resolve", true},
		{"cmd/orderq", "yeastar/yeastartest", true},
		{"cmd/internal/demo", "cmd/internal/embedded", true},
		{"store", "tasks", false},
		{"store", "store/crash", false},
		{"store/journal", "store", false},
		{"yeastar", "store", false},
		{"worker", "yeastar/yeastartest", false},
		{"worker", "store/storetest", false},
		{"worker", "cmd/internal/config", false},
		{"tasks", "worker", false},
		{"worker/resolve", "store", false},
		{"util", "store", false},
		{"worker", "util", false},
	} {
		if why := forbidden(c.pkg, c.imported); (why == "") != c.ok {
			t.Errorf("%s importing %s: %q, want allowed %v", c.pkg, c.imported, why, c.ok)
		}
	}
	for _, r := range rules {
		if r.why == "" {
			t.Errorf("%s: a rule without its reason", r.pkg)
		}
	}
}

// source is a Go file, its path with slashes from the root.
type source struct {
	path  string
	lines int
	file  *ast.File
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || path.Ext(base) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		out = append(out, source{path: filepath.ToSlash(name), lines: bytes.Count(text, []byte("\n")), file: file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d Go files found: the walk is wrong", len(out))
	}
	return out
}

func TestFilesAreSmallAndNamedByANoun(t *testing.T) {
	t.Parallel()
	const most = 400 // the houses whose median file is half as long regret every one above it
	refused := []string{"types.go", "helpers.go", "helper.go", "misc.go", "util.go", "utils.go", "common.go"}
	for _, s := range sources(t) {
		if !s.test() && s.lines > most && !ast.IsGenerated(s.file) {
			t.Errorf("%s has %d lines, at most %d: split it by office", s.path, s.lines, most)
		}
		if slices.Contains(refused, path.Base(s.path)) {
			t.Errorf("%s: call it by what is in it", s.path)
		}
	}
}

func TestEveryPackagePromisesSomething(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		dir := path.Dir(s.path)
		documented[dir] = documented[dir] || path.Base(s.path) == "doc.go" && s.file.Doc != nil
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no doc.go with a package comment: say what it promises and where it ends", dir)
		}
	}
}

// calls are what a package must not call, with where it may. store/storetest may where tests may.
var calls = []struct {
	pkg, fun string
	may      []string // paths or their beginnings
	why      string
}{
	{"os", "Getenv", []string{"cmd/", "store/crash/on.go"}, "settings are read in one place, and passed on"},
	{"os", "LookupEnv", []string{"cmd/"}, "settings are read in one place, and passed on"},
	{"os", "Environ", []string{"cmd/"}, "settings are read in one place, and passed on"},
	{"context", "Background", []string{"cmd/orderq/"}, "below main a context comes from the caller; what must not be cancelled says WithoutCancel"},
	{"context", "TODO", nil, "a context comes from the caller"},
	{"time", "Sleep", nil, "wait for a signal, a timer or a context: a sleep can be neither cancelled nor tested"},
}

func TestNobodyReachesPastTheirOffice(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, c := range calls {
				if x.Name != c.pkg || sel.Sel.Name != c.fun {
					continue
				}
				// Tests start processes and roots of contexts; none of them may sleep.
				if (s.test() || strings.HasPrefix(s.path, "store/storetest/")) && c.fun != "Sleep" {
					continue
				}
				if !slices.ContainsFunc(c.may, func(p string) bool { return strings.HasPrefix(s.path, p) }) {
					t.Errorf("%s calls %s.%s: %s", s.path, c.pkg, c.fun, c.why)
				}
			}
			return true
		})
	}
}
