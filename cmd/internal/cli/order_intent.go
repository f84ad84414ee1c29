package cli

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orderq/tasks"
)

// intentFlags are the intent's fields as flags.
type intentFlags struct {
	cmd    *cobra.Command
	values map[string]*string // by the intent's JSON name
	labels *[]string

	duplicate *bool
}

// intentFlag is one of them: the field's JSON name and its help.
type intentFlag struct{ field, usage string }

func intentFields() []intentFlag {
	var kinds []string
	for _, k := range tasks.Kinds() {
		kinds = append(kinds, k.Name)
	}
	return []intentFlag{
		{"reference", "`name` of your own for this order; the same name never orders twice (made and printed where left out)"},
		{"kind", "what to order: " + strings.Join(kinds, ", ")},
		{"productNo", "serial `number` of the PBX"},
		{"quantity", "how many extensions or minutes to add; for subscribe_ha the PBX's extensions, may be left out"},
		{"ensure", "how many the PBX shall have in the end, instead of --quantity: orders what it lacks when it is sent"},
		{"plan", "`name` of the PBX's plan; may be left out where the portal shows it"},
		{"connectionPlanId", "the plan's `id` instead of its name"},
		{"serviceId", "the service's `id` instead of the kind's own"},
		{"billingCycle", "annually or monthly: the PBX's own; may be left out where the portal shows it"},
		{"billingContact", "`e-mail` of the billing contact; may be left out where there is one, or a default"},
		{"billingId", "the contact's `id` instead of its e-mail"},
		{"poNumber", "a purchase order `number` of your own; it follows ours"},
		{"notBefore", "`time` before which nothing is sent, e.g. 2026-12-01T00:00:00Z"},
	}
}

func bindIntent(cmd *cobra.Command) *intentFlags {
	f := &intentFlags{cmd: cmd, values: map[string]*string{}}
	for _, field := range intentFields() {
		f.values[field.field] = cmd.Flags().String(kebab(field.field), "", field.usage)
	}
	f.duplicate = cmd.Flags().Bool("allow-duplicate", false, "do not hold it for looking like another order")
	f.labels = cmd.Flags().StringArray("label", nil, "`key=value` for your own filters, may be given again; never sent")
	return f
}

// given lists the flags of the intent that were given.
func (f *intentFlags) given() []string {
	var flags []string
	for _, field := range append(intentFields(), intentFlag{field: "allowDuplicate"}, intentFlag{field: "label"}) {
		if f.cmd.Flags().Changed(kebab(field.field)) {
			flags = append(flags, "--"+kebab(field.field))
		}
	}
	return flags
}

// number is what JSON calls one.
var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// intent reads the flags with the one decoder that all intents pass; problems name the flags.
func (f *intentFlags) intent(account, reference string) (tasks.Intent, error) {
	object := map[string]any{"account": account, "reference": reference}
	for field, value := range f.values {
		switch {
		case !f.cmd.Flags().Changed(kebab(field)):
		case (field == "quantity" || field == "ensure") && number.MatchString(*value):
			object[field] = json.RawMessage(*value)
		default:
			object[field] = *value
		}
	}
	if *f.duplicate {
		object["allowDuplicate"] = true
	}
	if len(*f.labels) > 0 {
		labels := map[string]string{}
		for _, text := range *f.labels {
			key, value, ok := strings.Cut(text, "=")
			if _, twice := labels[key]; !ok || twice {
				return tasks.Intent{}, wrongUse(fmt.Errorf("--label %q: want key=value, each key once", tasks.Shown(text)))
			}
			labels[key] = value
		}
		object["labels"] = labels
	}
	text, err := json.Marshal(object)
	if err != nil {
		return tasks.Intent{}, wrongUse(err)
	}
	in, err := tasks.Parse(text)
	var invalid *tasks.Invalid
	if errors.As(err, &invalid) {
		return tasks.Intent{}, flagged(invalid)
	}
	return in, err
}

// flagged says the problems in the words of the command line.
func flagged(invalid *tasks.Invalid) *tasks.Invalid {
	said := &tasks.Invalid{}
	for _, p := range invalid.Problems {
		if key, ok := strings.CutPrefix(p.Field, "labels."); ok {
			p.Field = "--label " + key
		} else if p.Field != "" {
			p.Field = "--" + kebab(p.Field)
		}
		said.Problems = append(said.Problems, p)
	}
	return said
}

// kebab turns productNo into product-no.
func kebab(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('-')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// newReference makes a reference where the caller gave none: "cli-", nine characters of time, so that they
// sort, and five of chance (33 million in one millisecond). Short enough to be shown whole in a list.
func newReference(now time.Time) string {
	letters := base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)
	var raw [16]byte
	// 45 bits of milliseconds last until the year 3084; they are moved up so that nine letters hold them.
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<(64-45))
	rand.Read(raw[8:]) // never fails (crypto/rand, since Go 1.24)
	return "cli-" + letters.EncodeToString(raw[:8])[:9] + letters.EncodeToString(raw[8:])[:5]
}
