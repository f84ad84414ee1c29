package resolve

import (
	"errors"
	"strings"
	"testing"

	"orderq/tasks"
	"orderq/yeastar"
)

// The offer of most cases: two plans, three services each.
func offer() yeastar.Offering {
	services := []yeastar.Service{{ID: 21, Name: "Extension Expansion", PurchaseType: "purchase"}, {ID: 22, Name: "Recording Minutes"}, {ID: 23, Name: "High Availability"}}
	return yeastar.Offering{Plans: []yeastar.Plan{
		{ID: 11, Name: "Enterprise Plan", Services: services},
		{ID: 12, Name: "Ultimate Plan", Services: services},
	}}
}

func TestThePlanIsThePBXsOwnOrSaid(t *testing.T) {
	t.Parallel()
	twins := yeastar.Offering{Plans: []yeastar.Plan{{ID: 11, Name: "Enterprise Plan"}, {ID: 13, Name: "enterprise"}}}
	nameless := yeastar.Offering{Plans: []yeastar.Plan{{ID: 11}, {ID: 12}}}
	alone := yeastar.Offering{Plans: []yeastar.Plan{{ID: 11, Name: "Enterprise Plan"}, {ID: 11, Services: []yeastar.Service{{ID: 21}}}}}
	aliases := Aliases{Plans: map[string]yeastar.ID{"big": 12, "p series enterprise": 11}}
	cases := []struct {
		name     string
		plan, id string // as the caller says
		pbx      facts
		offer    yeastar.Offering
		want     yeastar.ID // 0: refused
		code     string
		message  string
	}{
		{"named", "Enterprise Plan", "", facts{}, offer(), 11, "", ""},
		{"named otherwise", " ENTERPRISE", "", facts{}, offer(), 11, "", ""},
		{"named with punctuation", "ultimate-plan", "", facts{}, offer(), 12, "", ""},
		{"by id", "", "12", facts{}, offer(), 12, "", ""},
		{"named, and the PBX's", "Enterprise Plan", "", facts{planID: 11}, offer(), 11, "", ""},
		{"named, and the PBX's by name", "Enterprise Plan", "", facts{plan: "enterprise"}, offer(), 11, "", ""},
		{"named, not the PBX's", "Ultimate Plan", "", facts{productNo: "P", planID: 11}, offer(), 0, CodePlanMismatch, `plan "Ultimate Plan": PBX P is on Enterprise Plan (11)`},
		{"by id, not the PBX's", "", "12", facts{plan: "Enterprise Plan"}, offer(), 0, CodePlanMismatch, "connectionPlanId 12: PBX"},
		{"an id's name decides where the PBX's id is another kind", "Enterprise Plan", "", facts{planID: 99, plan: "Enterprise"}, offer(), 11, "", ""},
		{"unknown name", "Gold", "", facts{}, offer(), 0, CodeUnknownPlan, `plan "Gold": no such plan on offer; choices: Enterprise Plan (11), Ultimate Plan (12)`},
		{"unknown id", "", "99", facts{}, offer(), 0, CodeUnknownPlan, `connectionPlanId 99: no such plan on offer`},
		{"an id that the PBX shows, not on offer", "", "99", facts{planID: 99}, offer(), 99, "", ""},
		{"left out, PBX shows its id", "", "", facts{planID: 12}, offer(), 12, "", ""},
		{"left out, PBX shows its name", "", "", facts{plan: "Ultimate"}, offer(), 12, "", ""},
		{"left out, PBX shows an alias", "", "", facts{plan: "P-Series Enterprise Plan"}, offer(), 11, "", ""},
		{"left out, PBX shows something else", "", "", facts{productNo: "P", plan: "Basic"}, offer(), 0, CodePlanMismatch, "PBX P shows the plan Basic"},
		{"named, PBX shows something else", "Enterprise Plan", "", facts{productNo: "P", plan: "Basic", planID: 98}, offer(), 0, CodePlanMismatch, "Basic (98)"},
		{"left out, the only one", "", "", facts{}, alone, 11, "", ""},
		{"left out, the only one is another", "", "", facts{planID: 12}, alone, 0, CodePlanMismatch, ""},
		{"left out, several", "", "", facts{productNo: "P"}, offer(), 0, CodePlanRequired, "plan: missing, and the portal does not show the plan of PBX P; say which it is; choices: Enterprise"},
		{"left out, none", "", "", facts{}, yeastar.Offering{}, 0, CodePlanRequired, "give connectionPlanId"},
		{"two of one name", "Enterprise Plan", "", facts{}, twins, 0, CodeAmbiguousPlan, "choices: Enterprise Plan (11), enterprise (13)"},
		{"two of one name, the PBX tells", "Enterprise Plan", "", facts{planID: 13}, twins, 13, "", ""},
		{"the PBX's name is that of two", "", "", facts{plan: "Enterprise"}, twins, 0, CodePlanMismatch, ""},
		{"an alias", "Big Plan", "", facts{}, nameless, 12, "", ""},
		{"nameless plans", "Enterprise Plan", "", facts{}, nameless, 0, CodeUnknownPlan, "choices: 11, 12"},
		{"an id with nothing to check it by", "", "77", facts{}, yeastar.Offering{}, 77, "", ""},
		{"an alias with nothing to check it by", "big", "", facts{}, yeastar.Offering{}, 12, "", ""},
		{"a name with nothing to check it by", "Enterprise Plan", "", facts{}, yeastar.Offering{}, 0, CodeUnknownPlan, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, notes, refusal := choosePlan(tasks.Intent{Plan: c.plan, ConnectionPlanID: c.id}, c.pbx, c.offer, aliases)
			if c.want == 0 {
				if refusal == nil || refusal.Code != c.code || !strings.Contains(refusal.Error(), c.message) {
					t.Errorf("got %+v, %v; want %s: %s", got, refusal, c.code, c.message)
				}
				return
			}
			if refusal != nil || got.ID != c.want {
				t.Errorf("got %+v, %v; want %d", got, refusal, c.want)
			}
			if unchecked := len(c.offer.Plans) == 0; unchecked != (len(notes) > 0) && c.name != "left out, the only one" {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

func TestTheServiceIsTheKindsOwnOrSaid(t *testing.T) {
	t.Parallel()
	service := func(id yeastar.ID, name, purchase string) yeastar.Service {
		return yeastar.Service{ID: id, Name: name, PurchaseType: purchase}
	}
	under := func(s ...yeastar.Service) yeastar.Offering {
		return yeastar.Offering{Plans: []yeastar.Plan{{ID: 11, Services: s}, {ID: 12, Services: []yeastar.Service{service(92, "Recording Minutes", "")}}}}
	}
	loose := yeastar.Offering{Plans: []yeastar.Plan{{ID: 11}}, Services: []yeastar.Service{service(22, "Call Recording Minutes", "")}}
	aliases := Aliases{Services: map[string]yeastar.ID{"recording minutes": 25, "high availability": 29}}
	cases := []struct {
		name    string
		kind    string
		id      string
		offer   yeastar.Offering
		want    yeastar.ID
		code    string
		message string
	}{
		{"by the kind's name", "add_recording_minutes", "", offer(), 22, "", ""},
		{"extensions", "expand_extensions", "", offer(), 21, "", ""},
		{"high availability", "subscribe_ha", "", offer(), 23, "", ""},
		{"another spelling", "add_recording_minutes", "", under(service(22, "call-recording  MINUTES", "")), 22, "", ""},
		{"the preferred name first", "add_recording_minutes", "", under(service(26, "Recording", ""), service(22, "Recording Minutes", "")), 22, "", ""},
		{"not the trial", "add_recording_minutes", "", under(service(26, "Recording Minutes", "trial"), service(22, "Recording Minutes", "purchase")), 22, "", ""},
		{"only the trial", "add_recording_minutes", "", under(service(26, "Recording Minutes", "trial")), 0, CodeUnknownService, "no service on offer"},
		{"under no plan", "add_recording_minutes", "", loose, 22, "", ""},
		{"one service shown twice", "add_recording_minutes", "", under(service(22, "", ""), service(22, "Recording Minutes", "")), 22, "", ""},
		{"two of one name", "add_recording_minutes", "", under(service(22, "Recording Minutes", ""), service(27, "recording minutes", "")), 0, CodeAmbiguousService, "choices: Recording Minutes (22), recording minutes (27)"},
		{"strange names", "subscribe_ha", "", under(service(28, "Hot Standby", "")), 0, CodeUnknownService, "choices: Hot Standby (28)"},
		{"by alias", "add_recording_minutes", "", under(service(25, "", ""), service(28, "Hot Standby", "")), 25, "", ""},
		{"an alias that is not on offer", "subscribe_ha", "", under(service(28, "Hot Standby", "")), 0, CodeUnknownService, ""},
		{"an alias with nothing to check it by", "add_recording_minutes", "", yeastar.Offering{}, 25, "", ""},
		{"nothing shown, no alias", "expand_extensions", "", yeastar.Offering{}, 0, CodeUnknownService, "missing"},
		{"by id", "add_recording_minutes", "28", under(service(28, "Hot Standby", "")), 28, "", ""},
		{"another plan's id", "add_recording_minutes", "92", under(service(22, "Recording Minutes", "")), 0, CodeUnknownService, "serviceId 92: cannot be bought for 11; choices: Recording Minutes (22)"},
		{"a trial's id", "add_recording_minutes", "26", under(service(26, "Recording Minutes", "trial")), 0, CodeUnknownService, "cannot be bought"},
		{"another kind's id", "add_recording_minutes", "21", offer(), 0, CodeServiceMismatch, "serviceId 21: is Extension Expansion, which is ordered with kind expand_extensions"},
		{"an id with nothing to check it by", "add_recording_minutes", "77", yeastar.Offering{}, 77, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			kind, _ := tasks.KindOf(c.kind)
			plan := yeastar.Plan{ID: 11}
			if p, ok := planByID(plans(c.offer), 11); ok {
				plan.Services = p.Services
			}
			got, _, refusal := chooseService(tasks.Intent{Kind: c.kind, ServiceID: c.id}, kind, plan, c.offer, aliases)
			if c.want == 0 {
				if refusal == nil || refusal.Code != c.code || !strings.Contains(refusal.Error(), c.message) {
					t.Errorf("got %+v, %v; want %s: %s", got, refusal, c.code, c.message)
				}
				return
			}
			if refusal != nil || got.ID != c.want {
				t.Errorf("got %+v, %v; want %d", got, refusal, c.want)
			}
		})
	}
}

func TestTheCycleIsThePBXsOwnOrSaid(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, said, shown, want, message string }{
		{"left out", "", "monthly", "monthly", ""},
		{"the same", "annually", "annually", "annually", ""},
		{"not shown", "annually", "", "annually", ""},
		{"neither", "", "", "", "billingCycle: missing, and the portal does not show the PBX's; say annually or monthly, it must be the PBX's own"},
		{"another", "annually", "monthly", "", `billingCycle "annually": PBX P is billed monthly, and an order cannot change that; say monthly, or leave it out`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, refusal := chooseCycle(tasks.Intent{BillingCycle: c.said}, facts{productNo: "P", cycle: c.shown})
			if got != c.want || (refusal == nil) != (c.message == "") || (refusal != nil && refusal.Error() != c.message) {
				t.Errorf("got %q, %v", got, refusal)
			}
		})
	}
}

func TestTheContactIsSaidOrTheDefaultOrTheOnlyOne(t *testing.T) {
	t.Parallel()
	ada, otto := yeastar.Contact{ID: 31, Email: "Billing@Example.com"}, yeastar.Contact{ID: 32, Email: "accounts@example.com"}
	twin := yeastar.Contact{ID: 33, Email: "billing@example.com"}
	two := []yeastar.Contact{ada, otto}
	aliases := Aliases{Contacts: map[string]yeastar.ID{"finance": 32, "gone": 99}}
	cases := []struct {
		name, contact, id, fallback string
		contacts                    []yeastar.Contact
		want                        yeastar.ID
		code, message               string
	}{
		{"by address", "billing@EXAMPLE.com", "", "", two, 31, "", ""},
		{"by id", "", "32", "", two, 32, "", ""},
		{"by id as contact", "32", "", "", two, 32, "", ""},
		{"by alias", "Finance", "", "", two, 32, "", ""},
		{"said against the default", "accounts@example.com", "", "31", two, 32, "", ""},
		{"the default by id", "", "", "31", two, 31, "", ""},
		{"the default by address", "", "", "accounts@example.com", two, 32, "", ""},
		{"the default by alias", "", "", "finance", two, 32, "", ""},
		{"the only one", "", "", "", two[:1], 31, "", ""},
		{"several", "", "", "", two, 0, CodeContactRequired, "choices: Billing@Example.com (31), accounts@example.com (32)"},
		{"none", "", "", "", nil, 0, CodeContactRequired, "add one at the portal"},
		{"unknown address", "nobody@example.com", "", "", two, 0, CodeUnknownContact, `billingContact "nobody@example.com": no such billing contact`},
		{"unknown id", "", "99", "", two, 0, CodeUnknownContact, `billingId 99: no such billing contact`},
		{"an alias of nobody", "gone", "", "", two, 0, CodeUnknownContact, ""},
		{"two of one address", "billing@example.com", "", "", []yeastar.Contact{ada, twin}, 0, CodeAmbiguousContact, "give billingId"},
		{"one shown twice", "", "31", "", []yeastar.Contact{ada, ada}, 31, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := chooseContact(tasks.Intent{BillingContact: c.contact, BillingID: c.id}, c.contacts, c.fallback, aliases)
			if c.want != 0 {
				if err != nil || got.ID != c.want {
					t.Errorf("got %+v, %v; want %d", got, err, c.want)
				}
				return
			}
			if r := refused(t, err); r.Code != c.code || !strings.Contains(err.Error(), c.message) {
				t.Errorf("%v; want %s: %s", err, c.code, c.message)
			}
		})
	}
}

func TestAWrongDefaultContactIsNoFaultOfTheOrder(t *testing.T) {
	t.Parallel()
	_, err := chooseContact(tasks.Intent{}, []yeastar.Contact{{ID: 31, Email: "a@b"}}, "c@d", Aliases{})
	var refusal *Refusal
	if !errors.Is(err, ErrDefaultContact) || errors.As(err, &refusal) || !strings.Contains(err.Error(), "choices: a@b (31)") {
		t.Error(err)
	}
}

func TestNamesAreComparedByWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b string }{
		{"Enterprise Plan", "enterprise"}, {" ENTERPRISE  plan ", "Enterprise-Plan"}, {"Plan", "PLAN "},
		{"High Availability Service", "high_availability"}, {"Überplan", "überplan"},
	} {
		if nameKey(c.a) != nameKey(c.b) {
			t.Errorf("%q is %q, %q is %q", c.a, nameKey(c.a), c.b, nameKey(c.b))
		}
	}
	if nameKey("Enterprise") == nameKey("Enterprise Plus") || nameKey("Plan") == "" || nameKey(" -") != "" {
		t.Error("too alike")
	}
}
