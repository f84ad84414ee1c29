package api

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/worker/review"
)

// orderRoutes are what can be done with orders.
func (a *API) orderRoutes() []route {
	order := exampleOrder()
	answer := Answer{Order: order}
	held, repeat := order, order
	held.State, held.By, held.Reason, held.Version = store.Cancelled, "anna", "customer changed his mind", 2
	repeat.State, repeat.OrderNo, repeat.Version, repeat.WaitingFor = store.Placed, "EK3206246063826526208", 5, ""
	entry := store.Entry{At: order.AcceptedAt, To: store.Accepted, By: "crm"}
	line := Line{Line: 1, Status: http.StatusAccepted, Order: &answer}
	rehearsed := Rehearsal{Reference: order.Reference, ID: order.ID, Kind: order.Kind, ProductNo: order.ProductNo, Refused: &Refused{
		Code: "unknown_plan", Field: "plan", Value: "Gold", Message: "not on offer", Choices: []string{"Enterprise Plan (3048571730026938368)"}}}
	states := strings.Join(office.StateNames(), ", ")
	lines := func(s *huma.Schema, example any) *huma.MediaType {
		return &huma.MediaType{Schema: text(), Extensions: map[string]any{"x-line": s}, Example: example}
	}
	decided := map[int]*huma.Response{http.StatusOK: gives(a, "The order as it is now", held, "ETag")}
	found := []string{"not-found", "ambiguous"}
	return []route{
		{method: http.MethodPost, path: "/v1/orders", id: "placeOrder", summary: "Place an order, or a stream of them", role: config.Producer,
			about: "The reference is the idempotency key: in the body, or as Idempotency-Key. The same intent again under the same reference is answered with the order as it is, 200 and Idempotent-Replayed: true, however often and whenever it comes. " +
				"As application/x-ndjson: one intent a line, answered line by line in their order, each with its own status; a bad line stops none of the others, and lines may be sent again like single orders. A client that sends more than some thousand lines reads the answers while it sends.",
			params: []*huma.Param{{Name: "Idempotency-Key", In: "header", Description: "The reference, where the body has none. With one order only.", Schema: text(), Example: "crm-4711"}},
			takes: map[string]*huma.MediaType{
				typeJSON:   {Schema: intentSchema(), Example: exampleIntent},
				typeNDJSON: lines(intentSchema(), string(exampleIntent)+"\n"),
			},
			most: maxStream, streams: true,
			gives: map[int]*huma.Response{
				http.StatusAccepted: gives(a, "Accepted: a worker places it", answer, "Location", "ETag"),
				http.StatusOK: {
					Description: "The same intent was accepted before: the order as it is now. Or, for a stream, an answer per line.",
					Headers:     map[string]*huma.Param{"Location": {Schema: text()}, "ETag": {Schema: text()}, "Idempotent-Replayed": {Schema: oneOf("true")}},
					Content: map[string]*huma.MediaType{
						typeJSON:   {Schema: a.schema(reflect.TypeFor[Answer]()), Example: Answer{Order: repeat}},
						typeNDJSON: lines(a.schema(reflect.TypeFor[Line]()), exampleLine(line)),
					},
				},
			},
			fails: []string{"two-references", "other-intent", "stopping"}, serve: a.place},
		{method: http.MethodPost, path: "/v1/orders/dry-run", id: "rehearseOrder", summary: "Show what an order would send, by reads alone", role: config.Producer,
			about: "Takes what POST /v1/orders takes. Nothing is written or ordered: the portal is asked what it takes to know what would be sent, or why it would be rejected. request is the body of the request, as text, because the ids in it are numbers above 2^53. It has the portal's rate to respect, 429.",
			takes: map[string]*huma.MediaType{
				typeJSON:   {Schema: intentSchema(), Example: exampleIntent},
				typeNDJSON: lines(intentSchema(), string(exampleIntent)+"\n"),
			},
			most: maxStream, streams: true,
			gives: map[int]*huma.Response{
				http.StatusOK: {
					Description: "What it would send, or why it would be rejected. For a stream, an answer per line.",
					Content: map[string]*huma.MediaType{
						typeJSON:   {Schema: a.schema(reflect.TypeFor[Rehearsal]()), Example: rehearsed},
						typeNDJSON: lines(a.schema(reflect.TypeFor[RehearsedLine]()), exampleLine(RehearsedLine{Line: 1, Status: http.StatusOK, Rehearsal: &rehearsed})),
					},
				},
			},
			fails: []string{"portal-away", "no-portal", "too-many-requests", "stopping"}, serve: a.rehearse},
		{method: http.MethodGet, path: "/v1/orders", id: "listOrders", summary: "List orders, those accepted last first", role: config.Viewer,
			about: "A page may have fewer orders than limit, or none, and a next all the same: go on until there is none. An order that moves on meanwhile is neither missed nor given twice.",
			params: []*huma.Param{
				query("state", "Only these: "+states, listOf(oneOf(office.StateNames()...))), query("productNo", "Only for the PBX of this serial number", text()),
				query("reference", "Only this reference", text()), query("orderNo", "Only this order number of the portal", text()),
				query("kind", "Only this kind", oneOf(office.KindNames()...)), query("batch", "Only this batch, by name or id", text()),
				query("label", "Only with this label, key=value", text()),
				query("since", "Only accepted since: 2026-12-01, 2026-12-01T08:00:00Z, or 24h for so long ago", text()),
				query("until", "Only accepted until", text()), query("limit", "At most so many on a page", whole(1, pageMost, pageUsual)),
				query("after", "The next of the page before", text()),
				query("id", "The orders of these ids, at most 256, instead of all of the above; ids that are none are left out", listOf(text())),
			},
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "A page", Orders{Orders: []store.Order{order}, Next: (store.Place{At: order.AcceptedAt, ID: order.ID}).String()})},
			serve: a.list},
		{method: http.MethodGet, path: "/v1/orders/{id}", id: "getOrder", summary: "Show an order", role: config.Viewer,
			params: []*huma.Param{{Name: "If-None-Match", In: "header", Description: "An ETag: 304 where the order has not changed since", Schema: text()}},
			gives: map[int]*huma.Response{
				http.StatusOK: gives(a, "The order", order, "ETag"), http.StatusNotModified: {Description: "It has not changed", Headers: map[string]*huma.Param{"ETag": {Schema: text()}}},
			},
			fails: found, serve: a.get},
		{method: http.MethodGet, path: "/v1/orders/{id}/history", id: "getHistory", summary: "Show every move of an order, the oldest first", role: config.Viewer,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "Its history", History{[]store.Entry{entry}})}, fails: found, serve: a.history},
		{method: http.MethodGet, path: "/v1/orders/{id}/waiting", id: "getWaiting", summary: "Show who waits for an order in doubt", role: config.Viewer,
			about: "Orders for the same PBX, by id, the next to go first; of many the first. Nobody waits for an order that is not in doubt.",
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "Who waits", Behind{Waiting: []string{order.ID}, Total: 1})}, fails: found, serve: a.behind},
		{method: http.MethodGet, path: "/v1/orders/{id}/evidence", id: "getEvidence", summary: "Show what a person decides by about an order in doubt", role: config.Operator,
			about: "What was sent and when, what the portal's list showed then and shows now, which of its orders this may be, and which answers would be refused and why. The portal is asked.",
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The evidence", review.Card{Order: order, At: order.AcceptedAt, Echo: review.EchoUnknown})},
			fails: append([]string{"state", "portal-away", "no-portal"}, found...), serve: a.evidence},
		{method: http.MethodPost, path: "/v1/orders/{id}/cancel", id: "cancelOrder", summary: "Take an order back before anything was sent", role: config.Operator,
			takes: jsonOf(a, signature{By: "anna", Note: "customer changed his mind"}), most: maxDecision,
			gives: decided, fails: append([]string{"state"}, found...), serve: a.cancel},
		{method: http.MethodPost, path: "/v1/orders/{id}/release", id: "releaseOrder", summary: "Let a held order go on", role: config.Operator,
			takes: jsonOf(a, signature{By: "anna", Note: "they do want it twice"}), most: maxDecision,
			gives: decided, fails: append([]string{"state"}, found...), serve: a.release},
		{method: http.MethodPost, path: "/v1/orders/{id}/resolve", id: "resolveOrder", summary: "Decide about an order in review", role: config.Operator,
			about: "The answer is held against the evidence, and refused where that contradicts it.",
			takes: jsonOf(a, Resolution{Answer: review.Placed, OrderNo: "EK3206246063826526208", By: "anna", Note: "found it in the portal"}), most: maxDecision,
			gives: decided, fails: append([]string{"state", "contradicted", "portal-away", "no-portal"}, found...), serve: a.resolve},
	}
}

// exampleLine is a line of a stream.
func exampleLine(l any) string {
	var b strings.Builder
	_ = writeJSON(&b, l) // into memory
	return b.String()
}
