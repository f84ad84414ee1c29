package api

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"orderq/cmd/internal/config"
	"orderq/cmd/internal/office"
	"orderq/store"
	"orderq/store/batch"
	"orderq/tasks"
)

// batchRoutes are what can be done with batches.
func (a *API) batchRoutes() []route {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	view := office.BatchView{
		ID: tasks.BatchID(tasks.DefaultAccount, "november"), Name: "november", State: "running", Rows: 3, Invalid: 1,
		Counts: map[store.State]int{store.Held: 2}, AppliedBy: "crm", CreatedAt: at, AppliedAt: at,
	}
	const sheet = "SN,Kind,Qty\n3658B431119665QJ,add_recording_minutes,1000\n"
	file := map[string]*huma.MediaType{
		typeCSV:    {Schema: text(), Example: sheet},
		typeNDJSON: {Schema: text(), Example: `{"kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1000}` + "\n"},
	}
	share := func() *huma.Schema {
		return &huma.Schema{Type: huma.TypeNumber, Minimum: new(0.0), Maximum: new(1.0)}
	}
	read := []*huma.Param{
		{Name: "name", In: "query", Required: true, Description: "What the batch is called: the same name again goes on with it", Schema: text()},
		query("set", "field=value for rows that leave it out, e.g. kind=add_recording_minutes; as often as needed", listOf(text())),
	}
	signed := jsonOf(a, signature{By: "eve", Note: "checked with the customer"})
	seen := map[int]*huma.Response{http.StatusOK: gives(a, "The batch as it is now", view)}
	found := []string{"not-found"}
	return []route{
		{method: http.MethodPost, path: "/v1/batches", id: "applyBatch", summary: "Order what a file asks for", role: config.Producer,
			about: "CSV (comma, semicolon or tab; headers by the names people write), NDJSON, or a plan of /v1/batches/plan. Rows become orders as they are read; a row that is no order is kept with its reason and stops none of the others. To send the same file again under the same name orders nothing twice, and goes on where it was cut off.",
			params: append([]*huma.Param{
				query("hold", "Send nothing before another person approves", &huma.Schema{Type: huma.TypeBoolean}),
				query("canary", "Release so many orders first, the rest when these are placed and seen at the portal", whole(0, batch.MaxCanary, 0)),
				query("budget", "Send no more units than these in all; what is in doubt counts", whole(0, office.MostUnits, 0)),
				query("stopRefused", "Stop above this share of refused orders (from 20 orders on)", share()),
				query("stopUnknown", "Stop above this share of orders in doubt", share()),
				query("allowDuplicate", "Do not hold orders for looking like others", &huma.Schema{Type: huma.TypeBoolean}),
				query("by", "Who orders; with tokens it is the token's name", text()),
			}, read...),
			takes: file, most: maxStream, streams: true,
			gives: map[int]*huma.Response{http.StatusAccepted: gives(a, "Taken in", Applied{BatchView: view, Taken: Taken{Rows: 3, New: 2, Invalid: 1}, Problems: []BadRow{{Row: 3, Line: 4, Message: `quantity "minus one": must be a whole number`}}}, "Location")},
			fails: []string{"broken-file", "state", "portal-away", "no-portal"}, serve: a.apply},
		{method: http.MethodPost, path: "/v1/batches/plan", id: "planBatch", summary: "Show what a file would order, by reads alone", role: config.Producer,
			about:  "The answer is a plan, a JSON object a line: a head, a line per row, a summary with the plan's hash. POST it to /v1/batches to order exactly that: rows for which something has changed since are no orders then. A stream without a summary is no plan.",
			params: read, takes: file, most: maxStream, streams: true,
			gives: map[int]*huma.Response{http.StatusOK: {Description: "The plan", Content: map[string]*huma.MediaType{typeNDJSON: {Schema: text(), Example: `{"orderq":"plan","version":1,"name":"november"}` + "\n"}}}},
			fails: []string{"broken-file", "portal-away", "no-portal", "too-many-requests"}, serve: a.plan},
		{method: http.MethodGet, path: "/v1/batches", id: "listBatches", summary: "List batches, the newest first", role: config.Viewer,
			params: []*huma.Param{
				query("limit", "At most so many", whole(1, BatchesMost, batchesUsual)),
				query("after", "The next of the page before", text()),
			},
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "A page of the list", Batches{[]office.BatchView{view}, "1795507200000-" + view.ID})}, serve: a.batches},
		{method: http.MethodGet, path: "/v1/batches/{batch}", id: "getBatch", summary: "Show how far a batch is", role: config.Viewer,
			gives: seen, fails: found, serve: a.batch},
		{method: http.MethodGet, path: "/v1/batches/{batch}/results", id: "getResults", summary: "Give the file back with its numbers filled in", role: config.Viewer, streams: true,
			about:  "In its order and with its columns, and for each row reference, id, state, orderNo, transactionNo and reason. The result may be applied again: it orders nothing twice. Without format: by Accept, else as the file was.",
			params: []*huma.Param{query("format", "csv or ndjson", oneOf("csv", "ndjson"))},
			gives: map[int]*huma.Response{http.StatusOK: {Description: "The file", Headers: map[string]*huma.Param{"Content-Disposition": {Schema: text()}}, Content: map[string]*huma.MediaType{
				typeCSV:    {Schema: text(), Example: "SN,Kind,Qty,reference,id,state,orderNo,transactionNo,reason\n"},
				typeNDJSON: {Schema: text(), Example: `{"kind":"add_recording_minutes","productNo":"3658B431119665QJ","quantity":1000,"reference":"crm-1","state":"accepted"}` + "\n"}}}},
			fails: found, serve: a.results},
		{method: http.MethodPost, path: "/v1/batches/{batch}/cancel", id: "cancelBatch", summary: "Take back what was not sent; say what was", role: config.Operator,
			takes: signed, most: maxDecision, gives: map[int]*huma.Response{http.StatusOK: gives(a, "The batch as it is now, and how many orders were taken back", TakenBack{view, 2})},
			fails: found, serve: a.cancelBatch},
		{method: http.MethodPost, path: "/v1/batches/{batch}/approve", id: "approveBatch", summary: "Let a batch go that is held, or has stopped", role: config.Operator,
			about: "Whoever applied a held batch cannot approve it: another name must.",
			takes: signed, most: maxDecision, gives: seen, fails: append([]string{"state", "own-approval"}, found...), serve: a.approveBatch},
		{method: http.MethodPost, path: "/v1/batches/{batch}/retry", id: "retryBatch", summary: "Order again what is proved not to have been placed", role: config.Operator,
			about: "Under references of their own: rows whose orders the portal refused without making one, or that were cancelled before they were ever sent. The old orders stay as they are; the rows show the new ones.",
			takes: signed, most: maxDecision,
			gives: map[int]*huma.Response{http.StatusOK: gives(a, "The batch, and how many orders were made", Retried{BatchView: view, Made: 1, Left: map[store.State]int{store.Placed: 1}})},
			fails: append([]string{"state"}, found...), serve: a.retryBatch},
	}
}
