package resolve

import (
	"fmt"

	"orderq/tasks"
	"orderq/yeastar"
)

// plans are the plans on offer, each id once with all its services.
func plans(o yeastar.Offering) []yeastar.Plan {
	var out []yeastar.Plan
	at := map[yeastar.ID]int{}
	for _, p := range o.Plans {
		i, seen := at[p.ID]
		if !seen {
			at[p.ID] = len(out)
			p.Services = append([]yeastar.Service(nil), p.Services...)
			out = append(out, p)
			continue
		}
		if out[i].Name == "" {
			out[i].Name = p.Name
		}
		out[i].Services = append(out[i].Services, p.Services...)
	}
	return out
}

func planChoices(on []yeastar.Plan) []string {
	var out []string
	for _, p := range on {
		out = append(out, named(p.Name, p.ID.String()))
	}
	return out
}

func planByID(on []yeastar.Plan, id yeastar.ID) (yeastar.Plan, bool) {
	for _, p := range on {
		if p.ID == id && id != 0 {
			return p, true
		}
	}
	return yeastar.Plan{}, false
}

func plansByName(on []yeastar.Plan, name string) []yeastar.Plan {
	var out []yeastar.Plan
	for _, p := range on {
		if p.Name != "" && nameKey(p.Name) == nameKey(name) {
			out = append(out, p)
		}
	}
	return out
}

// current is the PBX's own plan among those on offer: by id, else by name, else by its name's alias.
// shown says whether the portal shows a plan of the PBX at all.
func current(f facts, on []yeastar.Plan, a Aliases) (plan yeastar.Plan, found, shown bool) {
	shown = f.planID != 0 || f.plan != ""
	if p, ok := planByID(on, f.planID); ok {
		return p, true, shown
	}
	if f.plan == "" {
		return yeastar.Plan{}, false, shown
	}
	if same := plansByName(on, f.plan); len(same) > 0 {
		return same[0], len(same) == 1, shown
	}
	plan, found = planByID(on, a.Plans[nameKey(f.plan)])
	return plan, found, shown
}

// choosePlan finds the plan that the order hangs on (connectionPlanId), which is the PBX's own.
func choosePlan(in tasks.Intent, f facts, o yeastar.Offering, a Aliases) (yeastar.Plan, []string, *Refusal) {
	on := plans(o)
	own, found, shown := current(f, on, a)
	given, notes, refusal := givenPlan(in, f, on, own, a)
	if refusal != nil {
		return yeastar.Plan{}, nil, refusal
	}
	field, value := "plan", in.Plan
	if in.ConnectionPlanID != "" {
		field, value = "connectionPlanId", in.ConnectionPlanID
	}
	if given.ID != 0 {
		switch {
		case !shown, found && given.ID == own.ID, given.ID == f.planID:
			return given, notes, nil
		case found:
			return yeastar.Plan{}, nil, &Refusal{Code: CodePlanMismatch, Field: field, Value: value,
				Message: fmt.Sprintf("PBX %s is on %s, and an order for it must name that; say so, or leave the plan out",
					f.productNo, named(own.Name, own.ID.String()))}
		}
		return yeastar.Plan{}, nil, notOnOffer(field, value, f, on)
	}
	switch {
	case found:
		return own, nil, nil
	case shown:
		return yeastar.Plan{}, nil, notOnOffer("plan", "", f, on)
	case len(on) == 1:
		return on[0], []string{"the portal does not show the PBX's plan; " + named(on[0].Name, on[0].ID.String()) + " is the only one on offer"}, nil
	case len(on) == 0:
		return yeastar.Plan{}, nil, &Refusal{Code: CodePlanRequired, Field: "plan",
			Message: "missing, and the portal shows neither the PBX's plan nor plans on offer; give connectionPlanId"}
	}
	return yeastar.Plan{}, nil, &Refusal{Code: CodePlanRequired, Field: "plan",
		Message: fmt.Sprintf("missing, and the portal does not show the plan of PBX %s; say which it is", f.productNo), Choices: planChoices(on)}
}

// givenPlan is the plan that the caller named by id or by name; the zero plan if neither.
func givenPlan(in tasks.Intent, f facts, on []yeastar.Plan, own yeastar.Plan, a Aliases) (yeastar.Plan, []string, *Refusal) {
	if in.ConnectionPlanID == "" && in.Plan == "" {
		return yeastar.Plan{}, nil, nil
	}
	field, value, byID := "plan", in.Plan, a.Plans[nameKey(in.Plan)]
	if in.ConnectionPlanID != "" {
		id, err := yeastar.ParseID(in.ConnectionPlanID)
		if err != nil {
			return yeastar.Plan{}, nil, &Refusal{Code: CodeInvalid, Field: "connectionPlanId", Value: in.ConnectionPlanID, Message: "must be 1 to 19 digits"}
		}
		field, value, byID = "connectionPlanId", in.ConnectionPlanID, id
	} else {
		switch same := plansByName(on, in.Plan); {
		case len(same) == 1:
			return same[0], nil, nil
		case len(same) > 1:
			if p, ok := planByID(same, own.ID); ok {
				return p, nil, nil
			}
			return yeastar.Plan{}, nil, &Refusal{Code: CodeAmbiguousPlan, Field: field, Value: value,
				Message: "several plans on offer have this name; give connectionPlanId", Choices: planChoices(same)}
		}
	}
	if p, ok := planByID(on, byID); ok {
		return p, nil, nil
	}
	switch {
	case byID != 0 && byID == f.planID:
		return yeastar.Plan{ID: byID, Name: f.plan}, nil, nil
	case byID != 0 && len(on) == 0:
		return yeastar.Plan{ID: byID, Name: in.Plan}, []string{"the portal shows no plans on offer; plan " + byID.String() + " was taken as it was given"}, nil
	}
	return yeastar.Plan{}, nil, &Refusal{Code: CodeUnknownPlan, Field: field, Value: value,
		Message: "no such plan on offer", Choices: planChoices(on)}
}

// notOnOffer: the PBX has a plan that is not, or not uniquely, among those on offer.
func notOnOffer(field, value string, f facts, on []yeastar.Plan) *Refusal {
	return &Refusal{Code: CodePlanMismatch, Field: field, Value: value,
		Message: fmt.Sprintf("PBX %s shows the plan %s, which cannot be told among those on offer; if it is one of them under another name, say so in the aliases file",
			f.productNo, named(tasks.Shown(f.plan), f.planID.String())), Choices: planChoices(on)}
}
