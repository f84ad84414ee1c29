package tasks

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatCannotBeRightIsSaidWithItsRemedy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		spoil func(*Intent)
		want  string // "": valid
	}{
		{"as it is", func(in *Intent) {}, ""},
		{"no reference", func(in *Intent) { in.Reference = "" }, "reference: missing; give this order a name"},
		{"200 characters", func(in *Intent) { in.Reference = strings.Repeat("ä", 200) }, ""},
		{"201 characters", func(in *Intent) { in.Reference = strings.Repeat("ä", 201) }, "has 201 characters, at most 200"},
		{"a reference with a tab", func(in *Intent) { in.Reference = "a\tb" }, `reference "a\u0009b": contains a control character`},
		{"a reference with C1", func(in *Intent) { in.Reference = "a\u0085b" }, `contains a control character`},
		{"a broken reference", func(in *Intent) { in.Reference = "a\xff" }, `reference "a\xff": is not valid UTF-8`},
		{"a reference with spaces", func(in *Intent) { in.Reference = " order no. 5 " }, ""},
		{"an account in capitals", func(in *Intent) { in.Account = "ACME" }, `account "ACME": must be 1 to 32 of a-z`},
		{"a long account", func(in *Intent) { in.Account = strings.Repeat("a", 33) }, `must be 1 to 32`},
		{"an account with a brace", func(in *Intent) { in.Account = "a}b" }, `account "a}b": must be`},
		{"an account and a line", func(in *Intent) { in.Account = "a\n" }, `account "a\u000a": must be`},
		{"no kind", func(in *Intent) { in.Kind = "" }, "kind: missing; say expand_extensions, add_recording_minutes, subscribe_ha"},
		{"a kind in capitals", func(in *Intent) { in.Kind = "Subscribe_HA" }, "did you mean subscribe_ha?"},
		{"a kind with dashes", func(in *Intent) { in.Kind = "add-recording-minutes" }, "did you mean add_recording_minutes?"},
		{"a strange kind", func(in *Intent) { in.Kind = "coffee" }, `kind "coffee": no such kind; say expand_extensions, add`},
		{"no serial number", func(in *Intent) { in.ProductNo = "" }, "productNo: missing; give the PBX's serial number"},
		{"a short serial number", func(in *Intent) { in.ProductNo = "ABC" }, `productNo "ABC": must be 4 to 32`},
		{"a serial number with a space", func(in *Intent) { in.ProductNo = "3658 B431" }, `must be 4 to 32`},
		{"no minutes", func(in *Intent) { in.Quantity = 0 }, "quantity: missing; say how many minutes to add, 1 to 1000000"},
		{"a million minutes", func(in *Intent) { in.Quantity = 1000000 }, ""},
		{"more minutes", func(in *Intent) { in.Quantity = 1000001 }, "quantity 1000001: must be a whole number from 1 to 1000000"},
		{"less than nothing", func(in *Intent) { in.Quantity = -1 }, "quantity -1: must be a whole number from 1 to 1000000"},
		{"500 extensions", func(in *Intent) { in.Kind, in.Quantity = "expand_extensions", 500 }, ""},
		{"501 extensions", func(in *Intent) { in.Kind, in.Quantity = "expand_extensions", 501 }, "quantity 501: a PBX holds at most 500 extensions"},
		{"no extensions", func(in *Intent) { in.Kind, in.Quantity = "expand_extensions", 0 }, "quantity: missing; say how many extensions to add, 1 to 500"},
		{"bring it to 500 extensions", func(in *Intent) { in.Kind, in.Quantity, in.Ensure = "expand_extensions", 0, 500 }, ""},
		{"bring it to 501", func(in *Intent) { in.Kind, in.Quantity, in.Ensure = "expand_extensions", 0, 501 }, "ensure 501: a PBX holds at most 500 extensions"},
		{"bring it to less than nothing", func(in *Intent) { in.Kind, in.Quantity, in.Ensure = "expand_extensions", 0, -1 }, "ensure -1: must be a whole number from 1 to 500"},
		{"add 5 and bring it to 50", func(in *Intent) { in.Kind, in.Quantity, in.Ensure = "expand_extensions", 5, 50 }, "ensure 50: quantity is given too; say one of them"},
		{"bring it to 50 minutes", func(in *Intent) { in.Quantity, in.Ensure = 0, 50 }, "ensure 50: the portal does not show how many minutes a PBX has, so that what is missing cannot be computed; say quantity"},
		{"high availability for so many in the end", func(in *Intent) { in.Kind, in.Quantity, in.Ensure = "subscribe_ha", 0, 50 }, "ensure 50: subscribe_ha always is for the extensions that the PBX has; leave it out"},
		{"a strange kind for so many in the end", func(in *Intent) { in.Kind, in.Quantity, in.Ensure = "coffee", 0, 50 }, `kind "coffee": no such kind`},
		{"high availability, however many", func(in *Intent) { in.Kind, in.Quantity = "subscribe_ha", 0 }, ""},
		{"high availability for 501", func(in *Intent) { in.Kind, in.Quantity = "subscribe_ha", 501 }, "quantity 501: a PBX holds at most 500 extensions"},
		{"plan twice", func(in *Intent) { in.ConnectionPlanID = "3048571730026938368" }, `plan "Enterprise Plan": connectionPlanId is given too; say one`},
		{"contact twice", func(in *Intent) { in.BillingID = "3197218168379846218" }, `billingContact "billing@example.com": billingId is given too`},
		{"a plan with a line break", func(in *Intent) { in.Plan = "a\nb" }, "contains the character U+000A"},
		{"a plan without end", func(in *Intent) { in.Plan = strings.Repeat("x", 201) }, "has 201 characters, at most 200"},
		{"a plan id in words", func(in *Intent) { in.Plan, in.ConnectionPlanID = "", "Enterprise" }, `connectionPlanId "Enterprise": must be one of the portal's ids`},
		{"a service id beyond 64 bits", func(in *Intent) { in.ServiceID = "9223372036854775808" }, `serviceId 9223372036854775808: must be`},
		{"yearly", func(in *Intent) { in.BillingCycle = "yearly" }, `billingCycle "yearly": the portal says annually`},
		{"month", func(in *Intent) { in.BillingCycle = "month" }, `the portal says monthly`},
		{"weekly", func(in *Intent) { in.BillingCycle = "weekly" }, `billingCycle "weekly": must be annually or monthly; it must be the PBX's own`},
		{"no cycle", func(in *Intent) { in.BillingCycle = "" }, ""},
		{"64 characters of number", func(in *Intent) { in.PONumber = strings.Repeat("x", 64) }, ""},
		{"65 characters of number", func(in *Intent) { in.PONumber = strings.Repeat("x", 65) }, "poNumber"},
		{"a number with a tab", func(in *Intent) { in.PONumber = "a\tb" }, "contains the character U+0009"},
		{"a number that hides a mark", func(in *Intent) { in.PONumber = "a\u202eb" }, "contains the character U+202E"},
		{"an order id of ours", func(in *Intent) { in.PONumber = "see oqkj4thvgdmn4trk6peltd7uvg" }, "contains an order id of ours"},
		{"the same in capitals", func(in *Intent) { in.PONumber = "OQKJ4THVGDMN4TRK6PELTD7UVG-1" }, "contains an order id of ours"},
		{"long ago", func(in *Intent) { in.NotBefore = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) }, "between the years 2000 and 2199"},
		{"far away", func(in *Intent) { in.NotBefore = time.Date(20226, 1, 1, 0, 0, 0, 0, time.UTC) }, "between the years 2000 and 2199"},
		{"20 labels", func(in *Intent) { in.Labels = labels(20) }, ""},
		{"21 labels", func(in *Intent) { in.Labels = labels(21) }, "labels: has 21 labels, at most 20"},
		{"a label in capitals", func(in *Intent) { in.Labels = map[string]string{"Customer": "x"} }, "labels.Customer"},
		{"a nameless label", func(in *Intent) { in.Labels = map[string]string{"": "x"} }, "the key must be 1 to 64"},
		{"an empty label", func(in *Intent) { in.Labels = map[string]string{"a": ""} }, ""},
		{"a long label", func(in *Intent) { in.Labels = map[string]string{"a": strings.Repeat("ä", 257)} }, "has 257 characters, at most 256"},
		{"a label of two lines", func(in *Intent) { in.Labels = map[string]string{"a": "b\nc"} }, "labels.a \"b\\u000ac\": contains a control"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := wish()
			c.spoil(&in)
			err := in.Validate()
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil {
				t.Fatal("it was accepted")
			}
			if got := problems(t, err); !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func labels(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprint("key", i)] = "x"
	}
	return m
}
