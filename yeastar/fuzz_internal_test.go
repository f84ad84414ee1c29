package yeastar

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// FuzzEnvelope: an envelope is read only where another reader of JSON reads the same in it and could not
// read anything else, and one that is as documented is always read, to the letter.
func FuzzEnvelope(f *testing.F) {
	for _, b := range []string{goodOrder, failure(400, "x"), goodOrder[:60], goodOrder + "1", `{"code":"success","code":"x"}`, `{"Code":"x"}`,
		`{"code":"x","status":4e2}`, `{"code":"x","status":"400"}`, `{"code":"x","status":99}`, `{"code":"x","status":600}`, `{"code":""}`, `{"code":"x","result":{"a":[{"b":1,"b":2}]}}`, "{\"code\":\"\xff\"}", `{"code":"\ud800"}`,
		`{"code":"x","detailMessage":[1],"requestId":2}`, "\ufeff{\"code\":\"x\"}", strings.Repeat("[", 20000)} {
		f.Add([]byte(b), "success", "", 200)
	}
	f.Add([]byte("null"), "parameter_validation_failed", "a\x00b\u2028\"", 400)
	f.Fuzz(func(t *testing.T, b []byte, code, message string, status int) {
		e, err := readEnvelope(b)
		theirs, whole := readElsewhere(b)
		if err == nil && !whole {
			t.Fatalf("read as %+v, and means two things or none", e)
		}
		if err == nil && (theirs.Code != e.Code || theirs.Status != e.Status || !bytes.Equal(theirs.Result, e.Result)) {
			t.Fatalf("read as %+v, and as %+v elsewhere", e, theirs)
		}
		if err == nil {
			shows := readOrderResult(e.Result)
			var fields map[string]any
			_ = json.Unmarshal(e.Result, &fields)
			if said, _ := fields["orderNo"].(string); shows.OrderNo != "" && (shows.OrderNo != strings.TrimSpace(said) || !isOrderNo(shows.OrderNo)) {
				t.Fatalf("orderNo %q was read as %q", said, shows.OrderNo)
			}
		}
		if !utf8.ValidString(code+message) || code == "" || status < 100 || status > 599 || err != nil {
			return
		}
		written, err := json.Marshal(map[string]any{"code": code, "detailMessage": message, "requestId": message, "status": status, "result": json.RawMessage(b)})
		if err != nil {
			t.Fatal(err)
		}
		if e, err = readEnvelope(written); err != nil || e.Code != code || e.Message != message || e.RequestID != message || e.Status != status {
			t.Fatalf("%s was read as %+v, %v", written, e, err)
		}
	})
}

// readElsewhere reads an envelope by encoding/json and the page response-results alone. whole is false
// where it is not one JSON object of valid text that says each thing once, with a code and no odd status.
func readElsewhere(b []byte) (e envelope, whole bool) {
	var fields map[string]json.RawMessage
	if !utf8.Valid(b) || !json.Valid(b) || json.Unmarshal(b, &fields) != nil || fields == nil || !once(json.NewDecoder(bytes.NewReader(b))) {
		return e, false
	}
	e.Result = bytes.TrimSpace(fields["result"])
	if raw, ok := fields["code"]; !ok || json.Unmarshal(raw, &e.Code) != nil || e.Code == "" {
		return e, false
	}
	if raw := string(fields["status"]); raw != "" && raw != "null" {
		n, err := strconv.ParseUint(raw, 10, 16)
		if err != nil || n < 100 || n > 599 {
			return e, false
		}
		e.Status = int(n)
	}
	return e, true
}

// once says whether no object of the value that comes next has a name twice.
func once(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	open, nested := token.(json.Delim)
	if !nested {
		return true
	}
	seen := map[any]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return false
			}
			seen[name] = true
		}
		if !once(d) {
			return false
		}
	}
	_, err = d.Token()
	return err == nil
}

// seenOf makes everything that can be seen of a call from a few numbers, what contradicts itself included.
func seenOf(seen uint16, status, failed int, body []byte, retry, date string) Wire {
	errs := []error{nil, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded, errLate, &Error{},
		&Error{Answer: Answer{Outcome: Done, Status: 200, Reason: ReasonRate, Detail: "a\nb"}}, errors.New("echo canary-secret \x1b[2J")}
	pick := func(at int) error { return errs[(failed>>at)&7] }
	is := func(bit int) bool { return seen&(1<<bit) != 0 }
	return Wire{
		Order: is(0), GotConn: is(1), Late: is(2), Untouched: is(3), Cut: is(4),
		AdmitErr: pick(0), TokenErr: pick(3), CallerErr: pick(6), Err: pick(9), ReadErr: pick(12),
		Status: status, Body: body, Header: http.Header{"Retry-After": {retry}, "Date": {date}}, secrets: secrets{"canary-secret"},
	}
}

// table is what the design's table concludes from a call, said once more and by readers of its own.
func table(w Wire) Outcome {
	if w.Status == 0 {
		switch {
		case w.GotConn && (w.Late || w.Untouched):
			return NotSent // our connection saw that no byte was written
		case !w.GotConn && (w.AdmitErr != nil || w.TokenErr != nil || w.Late || w.Err != nil):
			return NotSent // never handed a connection
		}
		return Unknown
	}
	e, readable := readElsewhere(w.Body)
	if !readable || w.Cut || w.ReadErr != nil || w.Status >= 300 && w.Status < 400 {
		return Unknown
	}
	status := w.Status
	if e.Status != 0 {
		if status != e.Status && status != 200 {
			return Unknown
		}
		status = e.Status
	}
	success := e.Code == "success"
	names := w.Order && named(e.Result)
	switch status {
	case 401, 403, 429:
		if !success && !names {
			return NotSent
		}
	case 400, 404, 422:
		if !success && !names {
			return Refused
		}
	}
	if status < 200 || status > 299 || !success {
		return Unknown
	}
	if w.Order {
		var result map[string]any
		_ = json.Unmarshal(e.Result, &result)
		if no, _ := result["orderNo"].(string); !isOrderNo(strings.TrimSpace(no)) {
			return Unknown
		}
	}
	return Done
}

// named says whether anything in a result is called orderNo and may be one, whatever its type or form.
func named(result []byte) bool {
	var value any
	d := json.NewDecoder(bytes.NewReader(result))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return false
	}
	var look func(any) bool
	look = func(v any) bool {
		switch v := v.(type) {
		case []any:
			return slices.ContainsFunc(v, look)
		case map[string]any:
			for name, kid := range v {
				numbers := map[string]bool{}
				if name == "orderNo" {
					letters(kid, numbers)
				}
				if strings.ContainsAny(strings.Join(slices.Collect(maps.Keys(numbers)), " "), "123456789") || look(kid) {
					return true
				}
			}
		}
		return false
	}
	return look(value)
}

// FuzzConclusion: from whatever was seen of a call, Classify concludes what the design's table says and
// nothing more. What proves nothing is Unknown: no class that allows another attempt, none that ends the order.
func FuzzConclusion(f *testing.F) {
	bodies := []string{"", goodOrder, failure(400, "x"), failure(401, "x"), failure(200, "x"), failure(400, "success"), success(`{}`), `{"code":"x"}`, "<html>"}
	for _, status := range []int{0, 101, 200, 201, 302, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503} {
		for _, body := range bodies {
			f.Add(uint16(3), status, 0, []byte(body), "7", "Fri, 02 Jan 2026 03:04:05 GMT")
		}
	}
	for seen := range uint16(32) {
		f.Add(seen, 0, 0, []byte(nil), "", "")
		f.Add(seen, 0, 1<<9, []byte(nil), "", "")
		f.Add(seen, 0, 7<<3|1<<9, []byte(nil), "", "")
		f.Add(seen, 400, 0, []byte(failure(400, "x")), "", "")
		f.Add(seen, 400, 7<<12, []byte(failure(400, "x")), "", "")
		f.Add(seen, 429, 0, []byte(failure(429, "x")), "Fri, 02 Jan 2026 03:04:04 GMT", "Fri, 02 Jan 2026 03:04:05 GMT")
	}
	for _, number := range []string{`"EK1"`, `3206246063826526208`, `{"value":"EK1"}`, `["EK1"]`, `" "`, `0`, `null`, `"EK1!"`} {
		f.Add(uint16(3), 200, 0, []byte(success(`{"orderNo":`+number+`}`)), "", "")
		for _, status := range []int{400, 401} {
			f.Add(uint16(3), status, 0, []byte(`{"code":"x","result":{"orderNo":`+number+`}}`), "", "")
			f.Add(uint16(3), status, 0, []byte(`{"code":"x","result":{"order":[{"orderNo":`+number+`}]}}`), "", "")
		}
	}
	f.Add(uint16(3), 200, 0, []byte(`{"code":"canary-secret","detailMessage":"\u0063anary-secret\n`+strings.Repeat("é", 900)+`","status":503}`), "-1", "x")
	for failed := range 8 {
		f.Add(uint16(0), 0, failed|failed<<3, []byte(nil), "", "")
	}
	f.Fuzz(func(t *testing.T, seen uint16, status, failed int, body []byte, retry, date string) {
		if len(body) > MaxAnswer {
			return
		}
		w := seenOf(seen, status, failed, body, retry, date)
		a := Classify(w)
		if want := table(w); a.Outcome != want {
			t.Fatalf("%s (%s), the table says %s, of status %d, %+v", a.Outcome, a.Detail, want, status, w)
		}
		if (a.Outcome == Done) != (a.Reason == ReasonOK) || a.Detail == "" || a.Connected != (w.GotConn || status != 0) {
			t.Fatalf("%+v", a)
		}
		if a.Outcome != Done && a.Order != (OrderResult{}) {
			t.Fatalf("%s with an order: %+v", a.Outcome, a.Order)
		}
		if a.RetryAfter < 0 || a.RetryAfter > maxRetryAfter || len(a.Raw) > MaxAnswer {
			t.Fatalf("out of bounds: retry after %s, %d bytes kept", a.RetryAfter, len(a.Raw))
		}
		for _, line := range []string{a.Detail, a.Code, a.Message, a.RequestID} {
			if strings.ContainsFunc(line, unicode.IsControl) || utf8.RuneCountInString(line) > maxDetail || strings.Contains(line, "canary-secret") {
				t.Fatalf("not fit for a log line: %q", line)
			}
		}
		if bytes.Contains(a.Raw, []byte("canary-secret")) {
			t.Fatalf("it is kept with a secret: %q", a.Raw)
		}
	})
}

// FuzzTolerant: from whatever answer, every id, number and name that is read stands in it to the letter:
// none was guessed, rounded or put together. And what is one JSON value to us is one to other readers.
func FuzzTolerant(f *testing.F) {
	for _, s := range []string{goodOrder, `[]`, `{"results":[{"productNo":"A","orderNo":"B1","id":9007199254740993}],"total":"1"}`,
		`{"a":[{"planId":3048571730026938368,"name":"E","serviceList":[{"serviceId":"3048573759449317376","quantity":1e3}]}]}`,
		`{"orderSummary":[{"quantity":3,"serviceId":1},{"qty":"3","planId":2}],"createTime":"1739716126"}`, strings.Repeat(`{"a":[`, 400), `1e999`,
		`[{"billingContactId":3.0485717300269e+18}]`, `[{"id":" 9223372036854775807 "},{"id":"\u0031\u0032"}]`, `{"token":"t","expiresIn":"-99999999999"}`,
		`{"productNo":"A","plan":3048571730026938368}`, `{"productNo":"A","plan":{"id":5,"name":"E"},"extensions":"7","billingCycle":"YEAR","switchInfo":{"planId":9}}`, "\"\xff\"", `{"a":1,"a":2}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := parseTree(b)
		var value any
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		if err := d.Decode(&value); n != nil && err != nil && !strings.Contains(err.Error(), "depth") {
			t.Fatalf("read here, and not elsewhere: %v", err)
		}
		said := map[string]bool{"": true}
		letters(value, said)
		for _, id := range idsIn(n) {
			if !said[id.String()] {
				t.Fatalf("id %s is not in the answer", id)
			}
		}
		for _, text := range textsIn(b, n) {
			if !said[text] {
				t.Fatalf("%q is not in the answer", text)
			}
		}
		details := readOrderDetails(orEmpty(n))
		for _, count := range []int{details.Quantity, details.ProductID} {
			if count != 0 && !said[strconv.Itoa(count)] && !said["0"+strconv.Itoa(count)] && !padded(said, count) {
				t.Fatalf("%d is not in the answer", count)
			}
		}
		if p := readProduct(orEmpty(n), 13); p.Extensions != nil && !padded(said, *p.Extensions) {
			t.Fatalf("%d extensions are not in the answer", *p.Extensions)
		}
		asked := time.Unix(1e9, 0)
		if tok, err := readToken(b, asked, time.Minute); err == nil && (!visible(tok.access.Reveal()) || !said[tok.access.Reveal()] || tok.renewAt.After(asked.Add(1<<31*time.Second))) {
			t.Fatalf("a token of %q until %s", tok.access.Reveal(), tok.renewAt)
		}
	})
}

func orEmpty(n *node) *node {
	if n == nil {
		return &node{}
	}
	return n
}

// letters collects the strings and numbers of a value as they stand there, space around them taken off.
func letters(v any, into map[string]bool) {
	switch v := v.(type) {
	case string:
		into[strings.TrimSpace(v)] = true
	case json.Number:
		into[v.String()] = true
	case []any:
		for _, kid := range v {
			letters(kid, into)
		}
	case map[string]any:
		for _, kid := range v {
			letters(kid, into)
		}
	}
}

// padded says whether a count stands there, perhaps with zeros or a sign before it.
func padded(said map[string]bool, count int) bool {
	for text := range said {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n == int64(count) {
			return true
		}
	}
	return false
}

func idsIn(n *node) []ID {
	n = orEmpty(n)
	ids := slices.Clone(readOrderDetails(n).ServiceIDs)
	offer := readOffering(n)
	for _, s := range offer.Services {
		ids = append(ids, s.ID)
	}
	for _, p := range offer.Plans {
		ids = append(ids, p.ID)
		for _, s := range p.Services {
			ids = append(ids, s.ID)
		}
	}
	contacts, _ := readContacts(n)
	for _, c := range contacts {
		ids = append(ids, c.ID)
	}
	page, _ := readProductPage(n, 13)
	for _, p := range append(page.products, readProduct(n, 13)) {
		ids = append(ids, p.PlanID)
	}
	return ids
}

func textsIn(b []byte, n *node) []string {
	n = orEmpty(n)
	r, d := readOrderResult(b), readOrderDetails(n)
	texts := []string{r.InstanceID, r.OrderNo, r.OrderStatus, r.ProductNo, r.TransactionNo, d.TransactionNo, d.InstanceID}
	page, _ := readOrderPage(n)
	for _, row := range append(page.Rows, d.OrderRow) {
		texts = append(texts, row.ID, row.OrderNo, row.OrderStatus, row.ProductNo, row.PONumber)
	}
	products, _ := readProductPage(n, 13)
	for _, p := range append(products.products, readProduct(n, 13)) {
		texts = append(texts, p.ProductNo, p.Name, p.Plan)
	}
	return texts
}

// An answer may be 8 MiB long, and full of whatever the portal likes: to read ten times as much must not take
// a hundred times as long.
func TestTheTimeOfReadingGrowsWithTheLength(t *testing.T) {
	const units, times, most = 4000, 10, 30 // what grows with the length alone: about 10
	for name, c := range map[string]struct {
		unit string
		read func(*node) int
	}{
		"plans":             {`{"planId":%d}`, func(n *node) int { return len(readOffering(n).Plans) }},
		"services":          {`{"serviceId":%d}`, func(n *node) int { return len(readOffering(n).Services) }},
		"services of plans": {`{"planId":%d,"x":{"serviceId":%[1]d}}`, func(n *node) int { return len(readOffering(n).Plans) }},
		"lines of an order": {`{"serviceId":%d}`, func(n *node) int { return len(readOrderDetails(n).ServiceIDs) }},
	} {
		took := func(units int) time.Duration {
			list := make([]string, units)
			for i := range list {
				list[i] = fmt.Sprintf(c.unit, i+1)
			}
			n := parseTree([]byte("[" + strings.Join(list, ",") + "]"))
			began := time.Now()
			if got := c.read(n); got != units {
				t.Fatalf("%s: %d read of %d", name, got, units)
			}
			return time.Since(began)
		}
		var once, more time.Duration
		for range 5 { // the machine may have other things to do, but not each time
			if once, more = took(units), took(units*times); more <= most*once {
				break
			}
		}
		if more > most*once {
			t.Errorf("%s: %s for %d of them, %s for %d times as many", name, once, units, more, times)
		}
	}
}
