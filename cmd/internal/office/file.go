package office

import (
	"io"
	"time"

	"orderq/tasks/sheet"
	"orderq/worker/plan"
)

// File is a file of rows that a batch is to be made of, or a plan of one.
type File struct {
	Name     string            // the batch's
	Rows     *sheet.Reader     // read up to its header; nil: it is a plan
	Defaults map[string]string // what rows take that leave it out, as Rows was told
	Raw      io.ReadSeeker     // the same file as it is; nil: it can be read once alone, by Rows

	At   time.Time  // when it was opened
	Plan *plan.Head // nil: it is no plan
	Hash string     // of the plan
}
