package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// app is one run of the command.
type app struct {
	env    func(string) (string, bool)
	in     io.Reader
	out    io.Writer // results
	err    io.Writer // everything else
	json   bool
	colour bool
	now    func() time.Time
	began  bool // the command line was understood
}

// Run runs orderq with args, without the program's name, and gives the exit code. It ends when its command
// is done, or soon after ctx is.
func Run(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer) int {
	results := &sink{to: stdout}
	a := &app{env: env, in: stdin, out: results, err: stderr, now: time.Now, colour: coloured(env, stdout)}
	if terminal(stdout) {
		a.out = stdout // progress bars want the terminal itself, and a person sees what is missing
	}
	root := a.root()
	root.SetArgs(append([]string{}, args...)) // for nil cobra would take the process's own
	root.SetIn(stdin)
	root.SetOut(a.out)
	root.SetErr(stderr)
	root.InitDefaultCompletionCmd(args...) // which writes to what is out by now
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			a.group(c) // cobra's own takes any word for a shell and shows its help
		}
	}
	cmd, err := root.ExecuteContextC(ctx)
	if lost := results.lost(); lost != nil && !errors.Is(err, lost) {
		// Whoever reads the results would take what is there for all of it.
		err, a.began = errors.Join(err, fmt.Errorf("results not written: %w", lost)), true
	}
	if err == nil {
		return exitDone
	}
	code := codeOf(err)
	if !a.began && code == exitFailed {
		code = exitUsage
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = fmt.Errorf("interrupted: %w", err)
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(stderr, "orderq: "+strings.TrimRight(line, "\n"))
	}
	if code == exitUsage && err.Error() != "" {
		fmt.Fprintf(stderr, "orderq: see '%s --help'\n", cmd.CommandPath())
	}
	return code
}

// coloured says whether states are painted: on a terminal, unless NO_COLOR is set (no-color.org) or the
// terminal is dumb.
func coloured(env func(string) (string, bool), out io.Writer) bool {
	if v, set := env("NO_COLOR"); set && v != "" {
		return false
	}
	if v, _ := env("TERM"); v == "dumb" {
		return false
	}
	return terminal(out)
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// sink remembers that results could not be written, so that no command has to ask after each line.
type sink struct {
	to io.Writer

	mu    sync.Mutex
	first error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.to.Write(p)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.first == nil {
			s.first = err
		}
	}
	return n, err
}

func (s *sink) lost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}
