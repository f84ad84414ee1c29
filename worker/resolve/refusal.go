package resolve

import (
	"errors"
	"strings"

	"orderq/tasks"
)

// Codes of a Refusal.
const (
	CodeInvalid           = "invalid_intent"
	CodeUnknownPBX        = "unknown_pbx"
	CodeUnknownPlan       = "unknown_plan"
	CodePlanRequired      = "plan_required"
	CodePlanMismatch      = "plan_mismatch"
	CodeAmbiguousPlan     = "ambiguous_plan"
	CodeUnknownService    = "unknown_service"
	CodeAmbiguousService  = "ambiguous_service"
	CodeServiceMismatch   = "service_mismatch"
	CodeCycleRequired     = "cycle_required"
	CodeCycleMismatch     = "cycle_mismatch"
	CodeUnknownContact    = "unknown_contact"
	CodeAmbiguousContact  = "ambiguous_contact"
	CodeContactRequired   = "contact_required"
	CodeQuantityRequired  = "quantity_required"
	CodeQuantityMismatch  = "quantity_mismatch"
	CodeTooManyExtensions = "too_many_extensions"
	CodeEnsureUnreadable  = "ensure_unreadable"
	CodeChanged           = "changed_since_planned"

	// CodeSatisfied is no failure: the PBX has as many as the intent wants, and nothing is to be ordered.
	CodeSatisfied = "satisfied"
)

// ErrDefaultContact: the configured default contact is not one of the account's. That is the operator's
// mistake and not the order's, so it is no Refusal: orders wait until it is put right.
var ErrDefaultContact = errors.New("the default billing contact is not one of this account's")

// Refusal says that the intent cannot be ordered as it stands. It is final: the order is rejected.
type Refusal struct {
	Code    string
	Field   string   // the intent's field by its JSON name
	Value   string   // as given, "" if it was left out
	Message string   // what is wrong and the way out, without the choices
	Choices []string // what could be said instead, where there is a list
	Has     int      // with CodeSatisfied: how many the PBX has
}

// Satisfied gives the refusal in err that says that there is nothing to order; nil where it is none.
func Satisfied(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) && r.Code == CodeSatisfied {
		return r
	}
	return nil
}

// Error reads: plan "Gold": not on offer; choices: Enterprise Plan (30485…), Ultimate Plan (30485…)
func (r *Refusal) Error() string {
	text := tasks.Problem{Field: r.Field, Value: tasks.Shown(r.Value), Message: r.Message}.String()
	if len(r.Choices) > 0 {
		text += "; choices: " + strings.Join(r.Choices, ", ")
	}
	return text
}
