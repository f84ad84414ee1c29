package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/hook"
	"orderq/tasks"
)

// document is the head of the OpenAPI document, and the parts that huma is to leave away: its pages load from outside
// hosts, its formats read laxly.
func document(version string, tokens bool) huma.Config {
	schemas := huma.NewMapRegistry("#/components/schemas/", schemaName)
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "orderq", Version: version,
			Description: "Places purchase orders at the Yeastar Partner Portal, each at most once. Ids and order numbers are strings: they lie above 2^53. Times are RFC 3339, UTC. Fields may be added; programs ignore those that they do not know.",
		},
		Components: &huma.Components{Schemas: schemas},
	}
	if tokens {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
			"bearer": {Type: "http", Scheme: "bearer", Description: "A token of ORDERQ_API_TOKENS."},
		}
	}
	config := huma.Config{OpenAPI: doc}
	config.AllowAdditionalPropertiesByDefault = true
	config.FieldsOptionalByDefault = true
	return config
}

// schemaName tells apart what has one name in two packages.
func schemaName(t reflect.Type, hint string) string {
	switch t {
	case reflect.TypeFor[tasks.Problem]():
		return "FieldProblem"
	case reflect.TypeFor[hook.Entry]():
		return "WebhookEntry"
	case reflect.TypeFor[hook.Endpoint]():
		return "Webhook"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// neverNull takes null out of a schema: what has no value is left out, and an empty list is one. It takes out too what
// is so anyway: that there may be other fields, which makes generated clients three times as long.
func neverNull(s *huma.Schema) {
	if s == nil {
		return
	}
	s.Nullable = false
	if s.AdditionalProperties == true {
		s.AdditionalProperties = nil
	}
	neverNull(s.Items)
	for _, p := range s.Properties {
		neverNull(p)
	}
	if more, ok := s.AdditionalProperties.(*huma.Schema); ok {
		neverNull(more)
	}
}

// operation documents a route.
func (r *route) operation(schemas huma.Registry, tokens bool) *huma.Operation {
	op := &huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Summary: r.summary, Description: r.about, Tags: []string{r.tag()},
		Parameters: r.params, Responses: map[string]*huma.Response{},
	}
	for name := range strings.SplitSeq(r.path, "/") {
		if name, is := strings.CutPrefix(name, "{"); is {
			op.Parameters = append(op.Parameters, named(strings.TrimSuffix(name, "}")))
		}
	}
	if r.takes != nil {
		op.RequestBody = &huma.RequestBody{Required: true, Content: r.takes}
	}
	for status, answer := range r.gives {
		op.Responses[strconv.Itoa(status)] = answer
	}
	fails := append([]string{"invalid", "other-host", "internal"}, r.fails...)
	if r.takes != nil {
		fails = append(fails, "content-type", "too-large", "incomplete-body", "slow", "cross-site")
	}
	if r.role != "" {
		fails = append(fails, "redis-away")
	}
	if r.role != "" && tokens {
		op.Security = []map[string][]string{{"bearer": {}}}
		op.Description = strings.TrimSpace(op.Description + "\n\nFor tokens of the role " + string(r.role) + ", and those who may more.")
		fails = append(fails, "unauthorized", "forbidden", "too-many-requests")
	}
	byStatus := map[int][]string{}
	for _, slug := range fails {
		if status := kinds[slug].status; !slices.Contains(byStatus[status], slug) {
			byStatus[status] = append(byStatus[status], slug)
		}
	}
	for status, slugs := range byStatus {
		slices.Sort(slugs)
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: "Problem: " + strings.Join(slugs, ", "),
			Content: map[string]*huma.MediaType{"application/problem+json": {
				Schema: schemas.Schema(reflect.TypeFor[Problem](), true, ""), Example: exampleProblem(slugs[0]),
			}},
			Headers: problemHeaders(status, slugs),
		}
	}
	return op
}

// problemHeaders are what problems say beside their bodies. What waits says how long.
func problemHeaders(status int, slugs []string) map[string]*huma.Param {
	headers := map[string]*huma.Param{}
	if slices.ContainsFunc(slugs, func(slug string) bool { return kinds[slug].retry > 0 }) {
		headers["Retry-After"] = &huma.Param{Description: "Seconds. A proxy may say a date.", Schema: text()}
	}
	if status == http.StatusUnauthorized {
		headers["WWW-Authenticate"] = &huma.Param{Schema: text()}
	}
	return headers
}

// tag is the path's first word behind the version.
func (r *route) tag() string {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(r.path, "/v1"), "/"), "/")
	return parts[0]
}

func exampleProblem(slug string) Problem {
	p := *problem(slug, "%s", kinds[slug].text)
	p.RequestID = "req-example"
	return p
}

// named is the parameter of a path.
func named(name string) *huma.Param {
	about := "An id, a reference, or the portal's order number; a slash in it is written %2F."
	switch name {
	case "batch":
		about = "A batch's name or id."
	case "webhook":
		about = "A webhook's id."
	case "slug":
		about = "The last part of a problem's type."
	}
	return &huma.Param{Name: name, In: "path", Required: true, Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
}

// query is a parameter of the query.
func query(name, about string, s *huma.Schema) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: about, Schema: s}
}

func text() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }

func oneOf(words ...string) *huma.Schema {
	s := text()
	for _, w := range words {
		s.Enum = append(s.Enum, w)
	}
	return s
}

func listOf(s *huma.Schema) *huma.Schema { return &huma.Schema{Type: huma.TypeArray, Items: s} }

func whole(least, most, usual int) *huma.Schema {
	low, high := float64(least), float64(most)
	s := &huma.Schema{Type: huma.TypeInteger, Minimum: &low, Maximum: &high}
	if usual > 0 {
		s.Default = usual
	}
	return s
}

// json is content of type T, with an example.
func jsonOf[T any](a *API, example T) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{typeJSON: {Schema: a.schema(reflect.TypeFor[T]()), Example: example}}
}

func (a *API) schema(t reflect.Type) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, "")
}

// gives is an answer of type T.
func gives[T any](a *API, about string, example T, headers ...string) *huma.Response {
	r := &huma.Response{Description: about, Content: jsonOf(a, example)}
	for _, h := range headers {
		if r.Headers == nil {
			r.Headers = map[string]*huma.Param{}
		}
		r.Headers[h] = &huma.Param{Schema: text()}
	}
	return r
}

// intentSchema is the contract's intent.
func intentSchema() *huma.Schema {
	id := &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString, Pattern: "^[1-9][0-9]{0,18}$"}, {Type: huma.TypeInteger, Format: "int64"}}}
	limited := func(about string, most int) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, MaxLength: &most, Description: about}
	}
	kind := oneOf(office.KindNames()...)
	kind.Description = "What is ordered."
	most := 20
	s := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"kind"},
		Properties: map[string]*huma.Schema{
			"reference":        limited("The caller's idempotency key: this, or the header Idempotency-Key.", 200),
			"account":          limited("Left out: the account that this server works for.", 32),
			"kind":             kind,
			"productNo":        limited("The PBX's serial number.", 64),
			"quantity":         {Type: huma.TypeInteger, Minimum: new(1.0), Maximum: new(1e6), Description: "In the kind's unit."},
			"ensure":           {Type: huma.TypeInteger, Minimum: new(1.0), Maximum: new(1e6), Description: "In place of quantity: so many shall the PBX have in the end; what it lacks is computed when it is sent."},
			"plan":             limited("The plan's name; or connectionPlanId, or neither.", 200),
			"connectionPlanId": id, "serviceId": id, "billingId": id,
			"billingCycle":   limited("Left out: the PBX's own.", 32),
			"billingContact": limited("E-mail address, id, or an alias; or billingId, or neither.", 200),
			"poNumber":       limited("The caller's own purchase order number.", 64),
			"notBefore":      {Type: huma.TypeString, Format: "date-time", Description: "Not sent earlier."},
			"allowDuplicate": {Type: huma.TypeBoolean, Description: "It is not held for looking like another order."},
			"labels":         {Type: huma.TypeObject, AdditionalProperties: text(), MaxProperties: &most, Description: "For the caller's own filters; never sent."},
		},
	}
	s.PrecomputeMessages()
	return s
}

// exampleIntent is the contract's.
var exampleIntent = json.RawMessage(`{"reference":"crm-4711","kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1000,"plan":"Enterprise Plan","billingCycle":"annually","billingContact":"billing@example.com","poNumber":"PO-88","notBefore":"2026-12-01T00:00:00Z","labels":{"customer":"acme"}}`)

// exampleOrder is what becomes of it.
func exampleOrder() store.Order {
	in, err := tasks.Parse(exampleIntent)
	if err != nil { // a test parses it
		panic(err)
	}
	at := in.NotBefore.AddDate(0, 0, -7)
	return store.Order{
		ID: in.ID(), Reference: in.Reference, Account: in.Account, Kind: in.Kind, State: store.Accepted, WaitingFor: store.WaitStart, WaitingUntil: in.NotBefore,
		ProductNo: in.ProductNo, Quantity: in.Quantity, Plan: in.Plan, BillingCycle: in.BillingCycle, BillingContact: in.BillingContact,
		PONumber: in.PONumber, Labels: in.Labels, AcceptedAt: at, UpdatedAt: at, Version: 1,
	}
}

// bookRoutes are the document itself, and what problems mean. They tell no secret and need no token.
func (a *API) bookRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "/openapi.json", id: "openapi", summary: "This document",
			gives: map[int]*huma.Response{http.StatusOK: {Description: "OpenAPI 3.1", Content: map[string]*huma.MediaType{"application/openapi+json": {Schema: &huma.Schema{Type: huma.TypeObject}}}}},
			serve: func(c *call) error {
				text, err := json.Marshal(a.huma.OpenAPI())
				if err != nil {
					return err
				}
				c.w.Header().Set("Content-Type", "application/openapi+json")
				_, _ = c.w.Write(text) // that the client is gone is no error
				return nil
			}},
		{method: http.MethodGet, path: "/problems/{slug}", id: "problem", summary: "What a problem means, in a few words",
			gives: map[int]*huma.Response{http.StatusOK: {Description: "The problem explained", Content: map[string]*huma.MediaType{"text/plain": {Schema: text()}}}},
			fails: []string{"not-found"},
			serve: func(c *call) error {
				k, known := kinds[c.r.PathValue("slug")]
				if !known {
					return problem("not-found", "there is no such problem; there are %s", strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
				}
				c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				_, _ = c.w.Write([]byte(k.title + " (" + strconv.Itoa(k.status) + ")\n\n" + k.text + "\n")) // likewise
				return nil
			}},
	}
}
