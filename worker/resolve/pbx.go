package resolve

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"orderq/tasks"
	"orderq/yeastar"
)

// list is the account's PBXs of one product.
type list struct {
	byNo map[string]yeastar.Product // by serial number in upper case
	nos  []string
}

func newList(products []yeastar.Product) list {
	l := list{byNo: make(map[string]yeastar.Product, len(products))}
	for _, p := range products {
		no := serial(p.ProductNo)
		if _, twice := l.byNo[no]; no == "" || twice {
			continue // pages that shift while they are read show a row twice
		}
		l.byNo[no] = p
		l.nos = append(l.nos, no)
	}
	return l
}

func serial(no string) string { return strings.ToUpper(strings.TrimSpace(no)) }

// facts is what the portal shows of a PBX; zero where it does not.
type facts struct {
	productNo    string // the portal's spelling
	planID       yeastar.ID
	plan         string
	cycle        string
	extensions   *int
	extensionSeq uint64 // of the reading that extensions come from
}

func factsOf(p yeastar.Product, seq uint64) facts {
	return facts{productNo: strings.TrimSpace(p.ProductNo), planID: p.PlanID, plan: strings.TrimSpace(p.Plan),
		cycle: p.BillingCycle, extensions: p.Extensions, extensionSeq: seq}
}

// with gives the facts with all that a newer reading shows put over them.
func (f facts) with(newer facts) facts {
	if newer.planID != 0 || newer.plan != "" {
		f.planID, f.plan = newer.planID, newer.plan // together: half a pair of the old plan would contradict it
	}
	if newer.cycle != "" {
		f.cycle = newer.cycle
	}
	if newer.extensions != nil {
		f.extensions, f.extensionSeq = newer.extensions, newer.extensionSeq
	}
	return f
}

// lacks says whether a check of the kind's wants a fact that is not there.
func (f facts) lacks(kind tasks.Kind) bool {
	return (f.planID == 0 && f.plan == "") || f.cycle == "" || (kind.CapTotal > 0 && f.extensions == nil)
}

// pbx finds the PBX in the list and, where the list shows too little of it, in its details.
func (r *Resolver) pbx(ctx context.Context, kind tasks.Kind, productNo string, l look) (facts, error) {
	rows, err := r.list(ctx, kind.ProductID, l)
	if err != nil {
		return facts{}, err
	}
	row, ok := rows.value.byNo[serial(productNo)]
	if !ok {
		return facts{}, unknownPBX(productNo, rows.value.nos)
	}
	f := factsOf(row, rows.seq)
	details, have := r.details.peek(detailsKey(kind.ProductID, row.ProductNo))
	if !have || !details.satisfies(l) {
		have = false
		if f.lacks(kind) {
			if details, err = r.detail(ctx, kind.ProductID, row.ProductNo, l); err != nil {
				return facts{}, err
			}
			have = true
		}
	}
	if have {
		shown := factsOf(details.value, details.seq)
		if details.seq > rows.seq {
			f = f.with(shown)
		} else {
			f = shown.with(f)
		}
	}
	f.productNo = strings.TrimSpace(row.ProductNo)
	return f, nil
}

// fresh reads the PBX anew, after the question was asked: its details, and the list where the details do
// not show the extensions. Without either, extensions is nil.
func (r *Resolver) fresh(ctx context.Context, kind tasks.Kind, old facts, l look) (facts, error) {
	details, err := r.detail(ctx, kind.ProductID, old.productNo, l.at(strict))
	if err != nil {
		return facts{}, err
	}
	listed := old.extensions != nil
	old.extensions = nil
	f := old.with(factsOf(details.value, details.seq))
	if f.extensions == nil && listed {
		rows, err := r.list(ctx, kind.ProductID, l.at(strict))
		if err != nil {
			return facts{}, err
		}
		row, ok := rows.value.byNo[serial(old.productNo)]
		if !ok {
			return facts{}, unknownPBX(old.productNo, rows.value.nos)
		}
		f = f.with(factsOf(row, rows.seq))
	}
	return f, nil
}

func (r *Resolver) list(ctx context.Context, productID int, l look) (reading[list], error) {
	rows, err := r.products.get(ctx, strconv.Itoa(productID), l, func(ctx context.Context) (list, error) {
		products, err := r.client.Products(ctx, productID)
		return newList(products), err
	})
	if err != nil {
		return rows, fmt.Errorf("read the list of PBXs (product %d): %w", productID, err)
	}
	return rows, nil
}

func detailsKey(productID int, productNo string) string {
	return strconv.Itoa(productID) + " " + serial(productNo)
}

func (r *Resolver) detail(ctx context.Context, productID int, productNo string, l look) (reading[yeastar.Product], error) {
	d, err := r.details.get(ctx, detailsKey(productID, productNo), l, func(ctx context.Context) (yeastar.Product, error) {
		return r.client.Product(ctx, productNo, productID)
	})
	if err != nil {
		return d, fmt.Errorf("read the details of PBX %s: %w", productNo, err)
	}
	return d, nil
}

func unknownPBX(productNo string, nos []string) *Refusal {
	refusal := &Refusal{Code: CodeUnknownPBX, Field: "productNo", Value: productNo,
		Message: "no such PBX in this account"}
	switch near := tasks.Near(productNo, nos, 2, 3); {
	case len(near) == 1:
		refusal.Message += "; did you mean " + near[0] + "?"
	case len(near) > 1:
		refusal.Message += "; did you mean " + strings.Join(near[:len(near)-1], ", ") + " or " + near[len(near)-1] + "?"
	case len(nos) == 0:
		refusal.Message += ", it has none at all; check the account's credentials"
	default:
		refusal.Message += fmt.Sprintf(", which has %d; look it up with: orderq catalog products", len(nos))
	}
	return refusal
}
