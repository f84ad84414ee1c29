package yeastartest

import (
	"net/url"

	"orderq/yeastar"
)

// contact is a row of Query Billing Contact List; all its fields are documented, all are strings.
type contact struct {
	BillingContactID string `json:"billingContactId"`
	City             string `json:"city"`
	Company          string `json:"company"`
	Country          string `json:"country"`
	EmailAddress     string `json:"emailAddress"`
	FirstName        string `json:"firstName"`
	LastName         string `json:"lastName"`
	PhoneNumber      string `json:"phoneNumber"`
	Remark           string `json:"remark"`
	StateProvince    string `json:"stateProvince"`
	Street           string `json:"street"`
	TaxNum           string `json:"taxNum"`
	ZipCode          string `json:"zipCode"`
}

// seedContacts are the account's: the tutorials' contact, and unless it is to be the only one, a second.
func seedContacts(single bool) []contact {
	first := contact{BillingContactID: BillingContact.String(), City: "Hamburg", Company: "Example Telecom", Country: "DE",
		EmailAddress: "billing@example.com", FirstName: "Ada", LastName: "Berg", Street: "Am Kai 1", ZipCode: "20457"}
	if single {
		return []contact{first}
	}
	second := first
	second.BillingContactID, second.EmailAddress = AccountsContact.String(), "accounts@example.com"
	second.FirstName, second.LastName = "Otto", "Lind"
	return []contact{first, second}
}

// contactByID is nil for an id that is none of the account's.
func (s *Server) contactByID(id yeastar.ID) *contact {
	for i := range s.contacts {
		if s.contacts[i].BillingContactID == id.String() {
			return &s.contacts[i]
		}
	}
	return nil
}

func (s *Server) billingContacts(url.Values, string) reply { return ok(s.contacts) }
