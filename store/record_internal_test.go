package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fill gives every field of a struct a value of its own, so that a field that is forgotten, or read from
// another's place, shows.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	for i := range v.NumField() {
		*n++
		f := v.Field(i)
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(time.UnixMilli(1_763_000_000_123 + int64(*n)).UTC()))
			continue
		case []byte:
			f.SetBytes(fmt.Appendf(nil, `{"n":%d,"id":3048571730026938368}`, *n))
			continue
		case []string:
			f.Set(reflect.ValueOf([]string{fmt.Sprint("a", *n), fmt.Sprint("b", *n)}))
			continue
		case map[string]string:
			f.Set(reflect.ValueOf(map[string]string{"k": fmt.Sprint("v", *n)}))
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(fmt.Sprintf("<%d> & \"ü\"", *n))
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(*n))
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Struct:
			fill(t, f, n)
		default:
			t.Fatalf("field %s has type %s, which this test cannot fill: teach it", v.Type().Field(i).Name, f.Type())
		}
	}
}

// encode gives the fields a move may write.
func encode(o Order) map[string]string {
	return map[string]string{
		fRes: text(resOf(o)), fOut: text(outOf(o)), fEvidence: text(evOf(o)),
		fWait:    string(o.WaitingFor),
		fOn:      o.WaitingOn,
		fReason:  o.Reason,
		fBy:      o.By,
		fRaw:     string(o.Evidence.Raw),
		fCrashes: count(o.Crashes),
	}
}

// fields is an order as its hash: what encode writes, and what the scripts write themselves.
func fields(o Order) []string {
	d := doc{Reference: o.Reference, Intent: o.Intent, Fingerprint: o.Fingerprint, Queue: o.Queue,
		NotBefore: o.NotBefore.UnixMilli(), Target: o.Target, Batch: o.Batch, Labels: o.Labels, Ensure: o.Ensure, Like: o.Like, AllowLike: o.AllowDuplicate, Planned: o.Planned}
	ms := func(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }
	pairs := []string{
		fDoc, text(d), fKind, o.Kind, fState, string(o.State), fVersion, fmt.Sprint(o.Version), fUntil, ms(o.WaitingUntil),
		fAttempt, fmt.Sprint(o.Attempt), fNonce, o.Evidence.Nonce, fPassed, o.Evidence.Passed, fOwner, o.Owner, fGen, fmt.Sprint(o.Generation),
		fBody, string(o.Evidence.Body), fDeadline, ms(o.Evidence.Deadline),
		fAccepted, ms(o.AcceptedAt), fSubmit, ms(o.SubmittedAt), fFinished, ms(o.FinishedAt), fUpdated, ms(o.UpdatedAt),
		fSpent, fmt.Sprintf("%d 20000 kind ob", o.Spent),
	}
	for f, v := range encode(o) {
		pairs = append(pairs, f, v)
	}
	return pairs
}

func full(t *testing.T) Order {
	t.Helper()
	var o Order
	n := 0
	fill(t, reflect.ValueOf(&o).Elem(), &n)
	return o
}

func TestEveryFieldOfAnOrderSurvivesItsRecord(t *testing.T) {
	t.Parallel()
	want := full(t)
	got, err := decode(want.Account, want.ID, fields(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a field is not kept, or comes back as another (-written +read):\n%s", diff)
	}
}

// What a move may change must be in the list that changes walks: a field left out there is never written.
func TestChangesSetsAndDeletesEveryFieldThatAMoveMayWrite(t *testing.T) {
	t.Parallel()
	o := full(t)
	for f, v := range encode(o) {
		if v == "" {
			t.Fatalf("field %s of a full order is empty: fill forgot it", f)
		}
	}
	set, del := changes(Order{}, o)
	if len(set) != 2*len(encode(o)) || len(del) != 0 {
		t.Errorf("from nothing to everything: sets %d of %d fields, deletes %v", len(set)/2, len(encode(o)), del)
	}
	set, del = changes(o, Order{})
	if len(set) != 0 || len(del) != len(encode(o)) {
		t.Errorf("from everything to nothing: sets %v, deletes %d of %d fields", set, len(del), len(encode(o)))
	}
	if set, del = changes(o, o); len(set)+len(del) != 0 {
		t.Errorf("an order differs from itself by %v and %v", set, del)
	}
}

func TestARecordThatSaysNothingIsNoRecord(t *testing.T) {
	t.Parallel()
	if _, err := decode("default", "oq1", nil); err != ErrNotFound {
		t.Errorf("no fields: %v, want ErrNotFound", err)
	}
	_, err := decode("default", "oq1", []string{fDoc, "{", fState, "accepted"})
	if err == nil || !strings.Contains(err.Error(), "oq1") || !strings.Contains(err.Error(), fDoc) {
		t.Errorf("a field that is no JSON: %v, want an error that names the record and the field", err)
	}
}

func TestAnIntentComesBackByteForByte(t *testing.T) {
	t.Parallel()
	const intent = `{"reference":"a<b>&c` + "\u2028" + `","quantity":1000,"billingId":3048571730026938368}`
	o, err := decode("default", "oq1", []string{fDoc, text(doc{Intent: json.RawMessage(intent)})})
	if err != nil {
		t.Fatal(err)
	}
	if string(o.Intent) != intent {
		t.Errorf("intent came back as %s, want %s", o.Intent, intent)
	}
}

func TestAHistoryTailCarriesNoTimeOfItsOwn(t *testing.T) {
	t.Parallel()
	got := tail(Entry{At: time.UnixMilli(5), From: Preparing, To: Accepted, Reason: "rate"})
	if want := `"from":"preparing","to":"accepted","reason":"rate"}`; got != want {
		t.Errorf("tail = %s, want %s", got, want)
	}
}
