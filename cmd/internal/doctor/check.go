package doctor

import "context"

// Level is how bad a finding is.
type Level string

const (
	OK   Level = "ok"
	Warn Level = "warn" // works, and somebody should know
	Fail Level = "FAIL" // does not work, or is not safe
)

// Finding is what a check found.
type Finding struct {
	Level   Level  `json:"level"`
	What    string `json:"what"`             // the check's name
	Finding string `json:"finding"`          // what is so
	Remedy  string `json:"remedy,omitempty"` // what to do, where something is to be done
}

// Check is one question.
type Check struct {
	Name string
	Run  func(ctx context.Context) Finding
}

// Run asks one check after the other and gives each finding as it comes. It stops where ctx ends.
func Run(ctx context.Context, checks []Check, each func(Finding)) (worst Level) {
	worst = OK
	for _, c := range checks {
		if ctx.Err() != nil {
			return Fail
		}
		f := c.Run(ctx)
		f.What = c.Name
		each(f)
		if f.Level == Fail || f.Level == Warn && worst == OK {
			worst = f.Level
		}
	}
	return worst
}

func good(finding string) Finding { return Finding{Level: OK, Finding: finding} }

func warn(finding, remedy string) Finding {
	return Finding{Level: Warn, Finding: finding, Remedy: remedy}
}

func fail(finding, remedy string) Finding {
	return Finding{Level: Fail, Finding: finding, Remedy: remedy}
}

// skipped is a check that another's failure makes pointless.
func skipped(because string) Finding {
	return Finding{Level: Warn, Finding: "not looked at: " + because}
}
