package sheet

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"orderq/tasks"
)

// put brings a cell's text into its field of the intent, or says what is wrong with it. What the text
// means in the end is for tasks to check: it stays here as it was written where it needs no translation.
func put(in *tasks.Intent, field, v string) (problem string) {
	trimmed := strings.TrimSpace(v)
	switch field {
	case "reference":
		in.Reference = v // compared by bytes
	case "account":
		in.Account = trimmed
	case "kind":
		in.Kind, problem = kindNamed(trimmed)
	case "productNo":
		in.ProductNo = trimmed
	case "quantity":
		in.Quantity, problem = quantity(trimmed)
	case "ensure":
		in.Ensure, problem = quantity(trimmed)
	case "plan":
		in.Plan = trimmed
	case "connectionPlanId":
		in.ConnectionPlanID = trimmed
	case "serviceId":
		in.ServiceID = trimmed
	case "billingCycle":
		in.BillingCycle = trimmed
	case "billingContact":
		in.BillingContact = trimmed
	case "billingId":
		in.BillingID = trimmed
	case "poNumber":
		in.PONumber = trimmed
	case "notBefore":
		in.NotBefore, problem = notBefore(trimmed)
	case "allowDuplicate":
		in.AllowDuplicate, problem = yes(trimmed)
	case "labels":
		problem = putLabels(in, trimmed)
	default:
		problem = putLabel(in, strings.TrimPrefix(field, "labels."), v)
	}
	return problem
}

var (
	digits = regexp.MustCompile(`^\d+$`)
	// whole is a whole number as programs write it that keep all numbers with a point. One or two zeros
	// cannot be a group of thousands, so 1000.0 is 1000 wherever it was written; 1.000 is either.
	whole   = regexp.MustCompile(`^(\d+)[.,]0{1,2}$`)
	grouped = regexp.MustCompile(`^\d{1,3}([.,'’ \x{a0}\x{202f}]\d{2,3})+([.,]\d+)?$`)
)

// quantity is a whole number. Its limits are tasks' to check.
func quantity(v string) (int, string) {
	if m := whole.FindStringSubmatch(v); m != nil {
		v = m[1]
	}
	switch {
	case grouped.MatchString(v):
		return 0, "can be read in two ways, a separator of thousands here is a decimal point elsewhere; write digits alone, e.g. 1000"
	case !digits.MatchString(v):
		return 0, "must be a whole number in digits alone, e.g. 12"
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1_000_000 { // tasks takes 0 for "left out", and this is not left out
		return 0, "must be a whole number from 1 to 1000000, e.g. 12"
	}
	return n, ""
}

// yes is a cell that says yes or no.
func yes(v string) (bool, string) {
	switch lower(v) {
	case "true", "yes", "y", "1", "x":
		return true, ""
	case "false", "no", "n", "0":
		return false, ""
	}
	return false, "must be yes or no"
}

var (
	day      = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	timeless = regexp.MustCompile(`^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$`)
	slashed  = regexp.MustCompile(`^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b`)
	serial   = regexp.MustCompile(`^\d{5}([.,]\d+)?$`)
)

// notBefore is a day, which begins at midnight UTC, or a time as tasks reads it.
func notBefore(v string) (time.Time, string) {
	if day.MatchString(v) {
		at, err := time.Parse(time.DateOnly, v)
		if err != nil || at.IsZero() {
			return time.Time{}, "is no day of the calendar; write year-month-day, e.g. 2026-12-01"
		}
		return at, ""
	}
	switch {
	case timeless.MatchString(v):
		return time.Time{}, "does not say in which time zone; write 2026-12-01T09:30:00Z (UTC), 2026-12-01T09:30:00+01:00, or the day alone"
	case slashed.MatchString(v):
		return time.Time{}, "can be read in two ways, day or month first; write year-month-day, e.g. 2026-12-01"
	case serial.MatchString(v):
		return time.Time{}, "is a spreadsheet's day number; format the column as a date of the form 2026-12-01, and export again"
	}
	in, err := decoded("notBefore", quoted(v))
	if err != "" {
		return time.Time{}, err + ", or a day, e.g. 2026-12-01"
	}
	return in.NotBefore, ""
}

// putLabels reads a cell as NDJSON has labels. Labels of columns of their own stay.
func putLabels(in *tasks.Intent, v string) string {
	if !strings.HasPrefix(v, "{") || !jsontext.Value(v).IsValid() {
		return `must be a JSON object of strings, e.g. {"customer":"acme"}; a column label.customer for each label is easier`
	}
	got, problem := decoded("labels", []byte(v))
	if problem != "" {
		return problem
	}
	for key, value := range got.Labels {
		if problem := putLabel(in, key, value); problem != "" {
			return problem
		}
	}
	return ""
}

func putLabel(in *tasks.Intent, key, v string) string {
	if _, twice := in.Labels[key]; twice {
		return "the label " + tasks.Shown(key) + " is given twice; say it once"
	}
	if in.Labels == nil {
		in.Labels = map[string]string{}
	}
	in.Labels[key] = v
	return ""
}

// decoded asks tasks to read one field of JSON, so that there is no second, laxer reader.
func decoded(field string, value []byte) (tasks.Intent, string) {
	in, err := tasks.Decode([]byte(`{"` + field + `":` + string(value) + `}`))
	if err != nil {
		return in, problemsOf(err)[0].Message
	}
	return in, ""
}

func quoted(s string) []byte {
	b, _ := jsontext.AppendQuote(nil, s) // the error says that invalid UTF-8 was replaced; a file has none
	return b
}
