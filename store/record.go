package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// A record is a hash of few fields, because Redis pays for each: what never changes is one JSON text
// (doc), what resolving found is another (res), what the portal answered a third (out). Fields that
// scripts read or write stand alone. This file is the only one that knows the layout.
const (
	fDoc      = "doc"
	fKind     = "kind"
	fRes      = "res"
	fOut      = "out"
	fState    = "state"
	fVersion  = "ver"
	fWait     = "wait"
	fUntil    = "until" // ms
	fOn       = "on"
	fAttempt  = "attempt"
	fReason   = "reason"
	fBy       = "by"
	fNonce    = "nonce"
	fPassed   = "passed" // the nonces of all passages of the gate, with spaces between
	fOwner    = "owner"
	fCrashes  = "crashes"
	fGen      = "gen"
	fBody     = "body"
	fRaw      = "raw"
	fEvidence = "ev"
	fDeadline = "deadline" // ms
	fAccepted = "t0"       // ms, as are the next three
	fSubmit   = "t1"
	fFinished = "t2"
	fUpdated  = "t3"
	fFirst    = "first" // tail of the history's first entry, whose time is t0
	fSpent    = "spent" // units, UTC day, kind, batch: see lua/budget.lua; absent: nothing
)

// doc is what is known at accept and never changes.
type doc struct {
	Reference   string            `json:"reference"`
	Intent      json.RawMessage   `json:"intent,omitempty"`
	Fingerprint string            `json:"fp"`
	Queue       string            `json:"queue,omitempty"`
	NotBefore   int64             `json:"notBefore,omitempty"`
	Ensure      int               `json:"ensure,omitempty"`
	Target      string            `json:"target"`
	Batch       string            `json:"batch,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Like        string            `json:"like,omitempty"`
	AllowLike   bool              `json:"allowLike,omitempty"`
	Planned     json.RawMessage   `json:"planned,omitempty"`
}

// res is what the intent asks for, first in the caller's words, then in the portal's.
type res struct {
	ProductNo      string `json:"productNo,omitempty"`
	Quantity       int    `json:"quantity,omitempty"`
	Plan           string `json:"plan,omitempty"`
	BillingCycle   string `json:"cycle,omitempty"`
	BillingContact string `json:"contact,omitempty"`
	PONumber       string `json:"po,omitempty"`
}

// out is what the portal said.
type out struct {
	OrderNo       string   `json:"orderNo,omitempty"`
	TransactionNo string   `json:"transactionNo,omitempty"`
	OrderStatus   string   `json:"orderStatus,omitempty"`
	InstanceID    string   `json:"instanceId,omitempty"`
	RequestID     string   `json:"requestId,omitempty"`
	Code          string   `json:"code,omitempty"`
	Via           Via      `json:"via,omitempty"`
	Duplicates    []string `json:"duplicates,omitempty"`
}

type ev struct {
	Reference string `json:"reference,omitempty"`
	Sender    string `json:"sender,omitempty"`
	Watermark int64  `json:"mark,omitempty"`
	Looks     int    `json:"looks,omitempty"`
	Resends   int    `json:"resends,omitempty"`
	LookFirst bool   `json:"lookFirst,omitempty"`
	Finished  bool   `json:"finished,omitempty"`
	Recalled  bool   `json:"recalled,omitempty"`
	Doubtful  string `json:"doubtful,omitempty"`
	Had       int    `json:"had,omitempty"`
	Call      string `json:"call,omitempty"`
}

func resOf(o Order) res {
	return res{o.ProductNo, o.Quantity, o.Plan, o.BillingCycle, o.BillingContact, o.PONumber}
}

func outOf(o Order) out {
	return out{o.OrderNo, o.TransactionNo, o.OrderStatus, o.InstanceID, o.RequestID, o.Code, o.Via, o.Duplicates}
}

func evOf(o Order) ev {
	e := o.Evidence
	return ev{e.Reference, e.Sender, e.Watermark, e.Looks, e.Resends, e.LookFirst, e.Finished, e.Recalled, e.Doubtful, e.Had, e.Call}
}

// changes gives what a move must set and what it must delete to turn one record into the other, of the fields that moves
// may write; what the scripts keep themselves (state, version, times, nonce, owner, body) is left to them. JSON is
// made only of what differs: this stands on the way of every order, three times.
func changes(from, to Order) (set, del []string) {
	put := func(field, was, is string) {
		switch {
		case was == is:
		case is == "":
			del = append(del, field)
		default:
			set = append(set, field, is)
		}
	}
	if a, b := resOf(from), resOf(to); a != b {
		put(fRes, text(a), text(b))
	}
	if a, b := outOf(from), outOf(to); !reflect.DeepEqual(a, b) {
		put(fOut, text(a), text(b))
	}
	if a, b := evOf(from), evOf(to); a != b {
		put(fEvidence, text(a), text(b))
	}
	put(fWait, string(from.WaitingFor), string(to.WaitingFor))
	put(fOn, from.WaitingOn, to.WaitingOn)
	put(fReason, from.Reason, to.Reason)
	put(fBy, from.By, to.By)
	put(fRaw, string(from.Evidence.Raw), string(to.Evidence.Raw))
	put(fCrashes, count(from.Crashes), count(to.Crashes))
	return set, del
}

// decode reads a record as HGETALL gives it; fields come in pairs.
func decode(account, id string, pairs []string) (Order, error) {
	if len(pairs) == 0 {
		return Order{}, ErrNotFound
	}
	f := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		f[pairs[i]] = pairs[i+1]
	}
	var (
		d doc
		r res
		w out
		e ev
	)
	for _, p := range []struct {
		field string
		into  any
	}{{fDoc, &d}, {fRes, &r}, {fOut, &w}, {fEvidence, &e}} {
		if f[p.field] == "" {
			continue
		}
		if err := json.Unmarshal([]byte(f[p.field]), p.into); err != nil {
			return Order{}, fmt.Errorf("record %s: field %s: %w", id, p.field, err)
		}
	}
	o := Order{
		ID: id, Account: account, Reference: d.Reference, Kind: f[fKind], State: State(f[fState]),
		WaitingFor: Waiting(f[fWait]), WaitingUntil: at(f[fUntil]), WaitingOn: f[fOn],
		ProductNo: r.ProductNo, Quantity: r.Quantity, Ensure: d.Ensure, Plan: r.Plan, BillingCycle: r.BillingCycle,
		BillingContact: r.BillingContact, PONumber: r.PONumber,
		OrderNo: w.OrderNo, TransactionNo: w.TransactionNo, OrderStatus: w.OrderStatus, InstanceID: w.InstanceID,
		RequestID: w.RequestID, Code: w.Code, Via: w.Via, Duplicates: w.Duplicates,
		Reason: f[fReason], By: f[fBy], Attempt: number(f[fAttempt]), Batch: d.Batch, Labels: d.Labels,
		AcceptedAt: at(f[fAccepted]), SubmittedAt: at(f[fSubmit]), FinishedAt: at(f[fFinished]), UpdatedAt: at(f[fUpdated]),
		Version: int64(number(f[fVersion])),
		Intent:  d.Intent, Fingerprint: d.Fingerprint, Queue: d.Queue, Target: d.Target,
		Like: d.Like, AllowDuplicate: d.AllowLike, Planned: d.Planned, Spent: number(first(f[fSpent])),
		Generation: number(f[fGen]), Crashes: number(f[fCrashes]), Owner: f[fOwner],
		Evidence: Evidence{
			Body: bytesOrNil(f[fBody]), Raw: bytesOrNil(f[fRaw]), Nonce: f[fNonce], Passed: f[fPassed], Reference: e.Reference, Sender: e.Sender,
			Deadline: at(f[fDeadline]), Watermark: e.Watermark, Looks: e.Looks, Resends: e.Resends, LookFirst: e.LookFirst, Finished: e.Finished, Recalled: e.Recalled, Doubtful: e.Doubtful, Had: e.Had, Call: e.Call,
		},
	}
	if d.NotBefore != 0 {
		o.NotBefore = time.UnixMilli(d.NotBefore).UTC()
	}
	return o, nil
}

// text is the JSON of v, or "" where v says nothing.
func text(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	// The intent inside comes back byte for byte.
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // strings and numbers, and an intent that Accept has checked: cannot be
		panic(err)
	}
	if b.String() == "{}\n" {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func number(s string) int {
	n, _ := strconv.Atoi(s) // written by our own scripts; "" is 0
	return n
}

// first is the first of the words of s.
func first(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

func at(ms string) time.Time {
	n, _ := strconv.ParseInt(ms, 10, 64)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

func bytesOrNil(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}
