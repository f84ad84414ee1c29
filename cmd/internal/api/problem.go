package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"orderq/store"
	"orderq/tasks"
)

// Problem is why a request was not carried out (RFC 9457). It is an error, and what the client reads of it.
type Problem struct {
	Type      string          `json:"type"` // /problems/<slug>
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"` // with the way out
	Errors    []tasks.Problem `json:"errors,omitempty"`
	RequestID string          `json:"requestId,omitempty"`

	// Holder is the order that has the reference, with other-intent.
	Holder *store.Order `json:"holder,omitempty"`
	// Suggestion is a reference to use instead, with other-intent.
	Suggestion string `json:"suggestion,omitempty"`
	// Differences are in what the holder asks for something else, with other-intent.
	Differences []string `json:"differences,omitempty"`
	// Order is as it is, with state, where it is an order's.
	Order *store.Order `json:"order,omitempty"`
	// Cause is why the evidence contradicts a decision, in one word, with contradicted; or what is not found any more.
	Cause string `json:"cause,omitempty"`

	retry time.Duration // goes out as Retry-After; 0: none
	allow string        // goes out as Allow
	cause error         // for the log alone

	challenge string // goes out as WWW-Authenticate; "": a bearer's
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// problem makes one of the table's.
func problem(slug, format string, args ...any) *Problem {
	k := kinds[slug]
	return &Problem{Type: "/problems/" + slug, Title: k.title, Status: k.status, Detail: fmt.Sprintf(format, args...), retry: k.retry}
}

// invalid is what is wrong with a request, field by field.
func invalid(bad ...tasks.Problem) *Problem {
	p := problem("invalid", "%s", (&tasks.Invalid{Problems: bad}).Error())
	p.Errors = bad
	return p
}

// field is one thing that is wrong with a request.
func field(name, value, format string, args ...any) tasks.Problem {
	return tasks.Problem{Field: name, Value: tasks.Shown(value), Message: fmt.Sprintf(format, args...)}
}

// write answers with the problem.
func (p *Problem) write(w http.ResponseWriter, requestID string) {
	out := *p
	out.RequestID = requestID
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Del("ETag")
	p.retryHeader(h)
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.Status == http.StatusUnauthorized {
		if out.challenge == "" {
			out.challenge = `Bearer realm="orderq"`
		}
		h.Set("WWW-Authenticate", out.challenge)
	}
	w.WriteHeader(p.Status)
	_ = writeJSON(w, out) // the client is gone; the log line is written all the same
}

func (p *Problem) retryHeader(h http.Header) {
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.retry+time.Second-1)/time.Second)))
	}
}

// kind is a kind of problem.
type kind struct {
	status int
	title  string
	text   string        // what it means and what to do, for whoever opens /problems/<slug>
	retry  time.Duration // when to try again; 0: not for waiting
}

// kinds is every problem that there is, by slug.
var kinds = map[string]kind{
	"invalid": {status: 400, title: "The request cannot be right",
		text: "Something in the body, the query or a header cannot be right whatever else is true. errors lists each with its field, the value as it was read, and what to do. Nothing was changed. Mend it and send it again."},
	"two-references": {status: 400, title: "Two references",
		text: "The body's reference and the Idempotency-Key header differ, so it cannot be told which one this order shall be known by. Send one of them, or both alike."},
	"incomplete-body": {status: 400, title: "The body broke off",
		text: "The body could not be read to its end. Nothing was changed by a single request; of a stream, what was answered was done. Send it again: under the same references nothing is ordered twice."},
	"broken-file": {status: 400, title: "The file cannot be read on",
		text: "What stands at that place of the file cannot be read, and behind it nobody knows where rows begin. The rows before it were taken in where the file was applied, and are only counted when it is sent again: mend it, and send it again under the same name."},
	"unauthorized": {status: 401, title: "No valid token",
		text: "Send a token of ORDERQ_API_TOKENS as the header Authorization: Bearer TOKEN."},
	"forbidden": {status: 403, title: "This token may not do that",
		text: "Viewers read; producers place orders too; operators also decide: cancel, release, resolve, approve, halt. Use another token."},
	"cross-site": {status: 403, title: "Another web site's request",
		text: "The request comes from a web page of another origin. A page must not be able to spend money. Send it from a program, or from a page of this server."},
	"not-found": {status: 404, title: "There is no such thing",
		text: "No order, batch or page has this name. Orders are found by id, reference, or the portal's order number; batches by name or id. A slash in a name is written %2F."},
	"method-not-allowed": {status: 405, title: "Not done to this path",
		text: "The path exists and this method is not one of its own. The header Allow lists them."},
	"slow": {status: 408, title: "Too slow",
		text: "The body did not come in time. Nothing was changed by a single request. Send it again."},
	"state": {status: 409, title: "Not in this state",
		text: "What was asked for cannot be done to an order or batch in its present state. Read it again; detail says what can be done instead."},
	"ambiguous": {status: 409, title: "The name means two orders",
		text: "One order has this word as its reference and another as its number at the portal. Say the id of the one that is meant."},
	"contradicted": {status: 409, title: "The evidence contradicts the answer",
		text: "A person's answer about an order in review is held against the evidence: what was sent, what the portal shows, whether the sender may send it yet. cause names what contradicts it, detail the way out. Nothing was changed."},
	"own-approval": {status: 409, title: "Somebody else has to approve it",
		text: "A held batch is not approved by the name that applied it. Let another person do it, with a token of their own."},
	"too-large": {status: 413, title: "The body is too large",
		text: "One order has at most 64 KiB, a stream at most 256 MiB. Send many orders as application/x-ndjson, or in several requests."},
	"content-type": {status: 415, title: "Not a content type of this path",
		text: "Writes say what their body is: application/json for one order or a decision, application/x-ndjson for many orders, text/csv or application/x-ndjson for a batch; UTF-8, not compressed."},
	"other-host": {status: 421, title: "Not a name of this server",
		text: "A server that listens on loopback answers to localhost, 127.0.0.1 and [::1] alone, so that no web page can reach it under a name of its own. Use one of these; a proxy in front has to send one as Host."},
	"other-intent": {status: 422, title: "The reference belongs to another order",
		text: "An order with this reference was accepted before, and asks for something else. holder is that order, suggestion a reference to use if this is meant to be another one. Nothing was ordered now."},
	"too-many-requests": {status: 429, title: "Too many requests", retry: time.Second,
		text: "This token has used up its rate (ORDERQ_API_RATE). Wait as long as Retry-After says. Many orders go in one request: application/x-ndjson."},
	"internal": {status: 500, title: "A fault in orderq",
		text: "This should not happen. Whatever was accepted is not lost, and the same request may be sent again. Tell the operator the requestId: the log has more."},
	"redis-away": {status: 503, title: "Redis does not answer", retry: 2 * time.Second,
		text: "The ledger cannot be read or written now. An order that was being placed may have been accepted: send it again under the same reference, which never orders twice."},
	"no-portal": {status: 503, title: "This server knows no portal", retry: time.Minute,
		text: "YEASTAR_CLIENT_ID and YEASTAR_CLIENT_SECRET are not set, or cannot be used, where this server runs. Orders are accepted all the same; what asks the portal cannot be answered."},
	"portal-away": {status: 503, title: "The portal does not answer", retry: 10 * time.Second,
		text: "Yeastar's portal cannot be asked now, or does not say what it should. Nothing was changed. Try again; orderq doctor on the server looks closer."},
	"stopping": {status: 503, title: "The server is stopping", retry: 2 * time.Second,
		text: "It was told to end and takes nothing new. Send the request again in a moment; under the same reference nothing is ordered twice."},
}

// writeJSON writes one object and a line break, as the commands do.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // this is no web page, and references contain &
	return enc.Encode(v)
}
