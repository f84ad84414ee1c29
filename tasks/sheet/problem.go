package sheet

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"orderq/tasks"
)

// maxProblems bounds a row's error, as tasks bounds an intent's.
const maxProblems = 20

// problems are what is wrong with one row.
type problems struct{ list []tasks.Problem }

func (p *problems) add(field, value, format string, args ...any) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, tasks.Problem{Field: field, Value: tasks.Shown(value), Message: fmt.Sprintf(format, args...)})
	}
}

func (p *problems) has(field string) bool {
	return slices.ContainsFunc(p.list, func(q tasks.Problem) bool { return q.Field == field })
}

// err avoids the error that is not nil and says nothing.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &tasks.Invalid{Problems: p.list}
}

// problemsOf takes tasks' errors apart.
func problemsOf(err error) []tasks.Problem {
	var bad *tasks.Invalid
	switch {
	case errors.As(err, &bad):
		return bad.Problems
	case err != nil:
		return []tasks.Problem{{Message: err.Error()}}
	}
	return nil
}

// inColumn tells a person with a spreadsheet where to look, where the column is not called as the field is.
func inColumn(name, field string) string {
	if strings.EqualFold(fold(name), fold(field)) {
		return ""
	}
	return "in column " + quote(name) + ": "
}
