package resolve

import (
	"fmt"
	"slices"

	"orderq/tasks"
	"orderq/yeastar"
)

// buyable leaves out what is on offer as a trial only, and the second showing of an id.
func buyable(services []yeastar.Service) []yeastar.Service {
	var out []yeastar.Service
	for _, s := range services {
		same := slices.IndexFunc(out, func(o yeastar.Service) bool { return o.ID == s.ID })
		switch {
		case s.PurchaseType == "trial" || s.ID == 0:
		case same < 0:
			out = append(out, s)
		case out[same].Name == "":
			out[same].Name = s.Name
		}
	}
	return out
}

func serviceChoices(services []yeastar.Service) []string {
	var out []string
	for _, s := range services {
		out = append(out, named(s.Name, s.ID.String()))
	}
	return out
}

func serviceByID(services []yeastar.Service, id yeastar.ID) (yeastar.Service, bool) {
	i := slices.IndexFunc(services, func(s yeastar.Service) bool { return s.ID == id })
	if i < 0 || id == 0 {
		return yeastar.Service{}, false
	}
	return services[i], true
}

func servicesByName(services []yeastar.Service, name string) []yeastar.Service {
	var out []yeastar.Service
	for _, s := range services {
		if s.Name != "" && nameKey(s.Name) == nameKey(name) {
			out = append(out, s)
		}
	}
	return out
}

// chooseService finds the kind's service among those that can be bought for the plan, then among those
// that hang under no plan.
func chooseService(in tasks.Intent, kind tasks.Kind, plan yeastar.Plan, o yeastar.Offering, a Aliases) (yeastar.Service, []string, *Refusal) {
	under, loose := buyable(plan.Services), buyable(o.Services)
	all := buyable(append(slices.Clone(under), loose...))
	if in.ServiceID != "" {
		return givenService(in, kind, plan, all, o)
	}
	for _, among := range [][]yeastar.Service{under, loose} {
		for _, name := range kind.ServiceNames {
			switch same := servicesByName(among, name); {
			case len(same) == 1:
				return same[0], nil, nil
			case len(same) > 1:
				return yeastar.Service{}, nil, &Refusal{Code: CodeAmbiguousService, Field: "serviceId",
					Message: fmt.Sprintf("several services for %s are called %s; give serviceId", named(plan.Name, plan.ID.String()), name),
					Choices: serviceChoices(same)}
			}
		}
	}
	for _, name := range append(slices.Clone(kind.ServiceNames), kind.Name, kind.Title) {
		id := a.Services[nameKey(name)]
		if s, ok := serviceByID(all, id); ok {
			return s, nil, nil
		}
		if id != 0 && nothingShown(o) {
			return yeastar.Service{ID: id, Name: name}, []string{"the portal shows no services on offer; service " + id.String() + " was taken from the aliases file"}, nil
		}
	}
	return yeastar.Service{}, nil, &Refusal{Code: CodeUnknownService, Field: "serviceId",
		Message: fmt.Sprintf("missing, and no service on offer for %s has a name known for %s; give serviceId, or name it in the aliases file",
			named(plan.Name, plan.ID.String()), kind.Name),
		Choices: serviceChoices(all)}
}

// givenService checks the service that the caller gave by id.
func givenService(in tasks.Intent, kind tasks.Kind, plan yeastar.Plan, all []yeastar.Service, o yeastar.Offering) (yeastar.Service, []string, *Refusal) {
	id, err := yeastar.ParseID(in.ServiceID)
	if err != nil {
		return yeastar.Service{}, nil, &Refusal{Code: CodeInvalid, Field: "serviceId", Value: in.ServiceID, Message: "must be 1 to 19 digits"}
	}
	s, ok := serviceByID(all, id)
	if !ok && nothingShown(o) {
		return yeastar.Service{ID: id}, []string{"the portal shows no services on offer; service " + id.String() + " was taken as it was given"}, nil
	}
	if !ok {
		return yeastar.Service{}, nil, &Refusal{Code: CodeUnknownService, Field: "serviceId", Value: in.ServiceID,
			Message: "cannot be bought for " + named(plan.Name, plan.ID.String()), Choices: serviceChoices(all)}
	}
	// Another kind's service under this kind's name would go out with that kind's checks left undone.
	for _, other := range tasks.Kinds() {
		if other.Name == kind.Name || other.ProductID != kind.ProductID {
			continue
		}
		for _, name := range other.ServiceNames {
			if s.Name != "" && nameKey(s.Name) == nameKey(name) {
				return yeastar.Service{}, nil, &Refusal{Code: CodeServiceMismatch, Field: "serviceId", Value: in.ServiceID,
					Message: fmt.Sprintf("is %s, which is ordered with kind %s and not %s", s.Name, other.Name, kind.Name)}
			}
		}
	}
	return s, nil, nil
}

// nothingShown says that no service could be read in the offering at all: only then may an id go unchecked.
func nothingShown(o yeastar.Offering) bool {
	for _, p := range o.Plans {
		if len(p.Services) > 0 {
			return false
		}
	}
	return len(o.Services) == 0
}
