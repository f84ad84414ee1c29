package tasks

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// problems gives the lines of an *Invalid.
func problems(t *testing.T, err error) string {
	t.Helper()
	var bad *Invalid
	if !errors.As(err, &bad) {
		t.Fatalf("error is %T (%v), want *Invalid", err, err)
	}
	if len(bad.Problems) == 0 {
		t.Fatal("an *Invalid without problems")
	}
	if strings.ContainsAny(bad.Error(), "\x00\n\r\x1b") {
		t.Fatalf("the error carries control characters: %q", bad.Error())
	}
	return bad.Error()
}

// wish is a valid intent for tests to spoil.
func wish() Intent {
	return Intent{Reference: "crm-4711", Account: "default", Kind: "add_recording_minutes",
		ProductNo: "3658B431119665QJ", Quantity: 1000, Plan: "Enterprise Plan", BillingCycle: "annually",
		BillingContact: "billing@example.com", PONumber: "PO-88"}
}
