package worker

import (
	"testing"
	"time"

	"orderq/store"
	"orderq/yeastar"
)

func TestFits(t *testing.T) {
	t.Parallel()
	gate := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	o := store.Order{SubmittedAt: gate}
	o.Evidence.Body = []byte(`{"productId":13,"productNo":"P","poNumber":"oqkj4thvgdmn4trk6peltd7uvg-1","serviceList":[{"serviceId":7,"quantity":10}]}`)
	same := func() yeastar.OrderDetails {
		return yeastar.OrderDetails{
			OrderRow: yeastar.OrderRow{ProductNo: "P", CreateTime: gate.Add(time.Second)}, ProductID: 13, ServiceIDs: []yeastar.ID{7}, Quantity: 10,
		}
	}
	cases := []struct {
		name   string
		change func(*yeastar.OrderDetails)
		offset time.Duration
		want   fit
	}{
		{"all readable and equal", func(*yeastar.OrderDetails) {}, 0, alike},
		{"another PBX", func(d *yeastar.OrderDetails) { d.ProductNo = "Q" }, 0, unlike},
		{"another product", func(d *yeastar.OrderDetails) { d.ProductID = 12 }, 0, unlike},
		{"another service", func(d *yeastar.OrderDetails) { d.ServiceIDs = []yeastar.ID{8} }, 0, unlike},
		{"another quantity", func(d *yeastar.OrderDetails) { d.Quantity = 11 }, 0, unlike},
		{"a poNumber of somebody's", func(d *yeastar.OrderDetails) { d.PONumber = "PO-1" }, 0, unlike},
		{"our own poNumber, cut short", func(d *yeastar.OrderDetails) { d.PONumber = "oqkj4thvgdmn4trk" }, 0, alike},
		{"a poNumber longer than ours", func(d *yeastar.OrderDetails) { d.PONumber = "oqkj4thvgdmn4trk6peltd7uvg-12" }, 0, unlike},
		{"older than the gate", func(d *yeastar.OrderDetails) { d.CreateTime = gate.Add(-slack - 1) }, 0, unlike},
		{"as old as clocks allow", func(d *yeastar.OrderDetails) { d.CreateTime = gate.Add(-slack) }, 0, alike},
		{"older by a clock that is behind", func(d *yeastar.OrderDetails) { d.CreateTime = gate.Add(-time.Hour) }, -time.Hour, alike},
		{"younger by a clock that is ahead", func(d *yeastar.OrderDetails) { d.CreateTime = gate.Add(time.Minute) }, time.Hour, unlike},
		{"PBX not readable", func(d *yeastar.OrderDetails) { d.ProductNo = "" }, 0, maybe},
		{"time not readable", func(d *yeastar.OrderDetails) { d.CreateTime = time.Time{} }, 0, maybe},
		{"product not readable", func(d *yeastar.OrderDetails) { d.ProductID = 0 }, 0, alike},
		{"service and quantity not readable", func(d *yeastar.OrderDetails) { d.ServiceIDs, d.Quantity = nil, 0 }, 0, alike},
		{"time not readable, another PBX", func(d *yeastar.OrderDetails) { d.CreateTime, d.ProductNo = time.Time{}, "Q" }, 0, unlike},
	}
	for _, c := range cases {
		d := same()
		c.change(&d)
		if got := fits(o, d, c.offset); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	if got := fits(store.Order{}, same(), 0); got != maybe {
		t.Errorf("an order whose request is not known fits %d, want maybe", got)
	}
}
