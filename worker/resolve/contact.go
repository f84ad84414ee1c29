package resolve

import (
	"fmt"
	"strings"

	"orderq/tasks"
	"orderq/yeastar"
)

func contactChoices(contacts []yeastar.Contact) []string {
	var out []string
	for _, c := range contacts {
		out = append(out, named(c.Email, c.ID.String()))
	}
	return out
}

// chooseContact finds who gets the invoice: as given, else the default, else the only one.
func chooseContact(in tasks.Intent, contacts []yeastar.Contact, fallback string, a Aliases) (yeastar.Contact, error) {
	switch {
	case in.BillingID != "":
		return pick("billingId", in.BillingID, contacts, a)
	case in.BillingContact != "":
		return pick("billingContact", in.BillingContact, contacts, a)
	case fallback != "":
		c, err := pick("billingContact", fallback, contacts, a)
		if err != nil {
			return yeastar.Contact{}, fmt.Errorf("%w: %w", ErrDefaultContact, errText(err.Error()))
		}
		return c, nil
	case len(contacts) == 1:
		return contacts[0], nil
	case len(contacts) == 0:
		return yeastar.Contact{}, &Refusal{Code: CodeContactRequired, Field: "billingContact",
			Message: "the account has no billing contact; add one at the portal"}
	}
	return yeastar.Contact{}, &Refusal{Code: CodeContactRequired, Field: "billingContact",
		Message: "missing, and the account has several; say which, or configure a default", Choices: contactChoices(contacts)}
}

// errText keeps a refusal's words without its being one: a wrong default is no fault of the order.
type errText string

func (e errText) Error() string { return string(e) }

// pick finds a contact by id, by e-mail address, or by alias.
func pick(field, said string, contacts []yeastar.Contact, a Aliases) (yeastar.Contact, error) {
	said = strings.TrimSpace(said)
	var found []yeastar.Contact
	id, err := yeastar.ParseID(said)
	if err != nil {
		id = 0
	}
	for _, c := range contacts {
		if (id != 0 && c.ID == id) || (id == 0 && c.Email != "" && strings.EqualFold(strings.TrimSpace(c.Email), said)) {
			found = append(found, c)
		}
	}
	if alias := a.Contacts[nameKey(said)]; len(found) == 0 && id == 0 && alias != 0 {
		for _, c := range contacts {
			if c.ID == alias {
				found = append(found, c)
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && id == 0:
		return yeastar.Contact{}, &Refusal{Code: CodeAmbiguousContact, Field: field, Value: said,
			Message: "several billing contacts have this address; give billingId", Choices: contactChoices(found)}
	case len(found) > 1:
		return found[0], nil // one id shown twice is one contact
	}
	return yeastar.Contact{}, &Refusal{Code: CodeUnknownContact, Field: field, Value: said,
		Message: "no such billing contact in this account; give an e-mail address or an id", Choices: contactChoices(contacts)}
}
