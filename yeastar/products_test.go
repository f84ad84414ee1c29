package yeastar

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// shelf serves n PBXs page by page, size rows at most. wrong may spoil a page: it is told how many were served before.
type shelf struct {
	n, size int
	served  int
	wrong   func(served, no int, p *shelfPage)
}

type shelfPage struct {
	no, size, from, to int
	total              string // as JSON
	pages              int
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	no, _ := strconv.Atoi(q.Get("pageNo"))
	size, _ := strconv.Atoi(q.Get("pageSize"))
	size = min(size, s.size)
	p := shelfPage{no: no, size: size, from: (no - 1) * size, to: min(no*size, s.n), total: strconv.Itoa(s.n), pages: (s.n + size - 1) / size}
	if s.wrong != nil {
		s.wrong(s.served, no, &p)
	}
	s.served++
	var rows []string
	for i := p.from; i < p.to; i++ {
		rows = append(rows, fmt.Sprintf(`{"productNo":"PBX%03d"}`, i))
	}
	answer(200, success(fmt.Sprintf(`{"pageNo":%d,"pageSize":%d,"totalPage":%d,"total":%s,"results":[%s]}`, p.no, p.size, p.pages, p.total, strings.Join(rows, ","))))(w, r)
}

func TestAllPagesAreReadWhateverTheirSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ n, size, calls int }{{0, 100, 1}, {1, 100, 1}, {100, 100, 1}, {101, 100, 2}, {330, 100, 4}, {60, 25, 3}, {50, 25, 2}} {
		p := newPortal(t, map[string]http.HandlerFunc{listPath: (&shelf{n: c.n, size: c.size}).ServeHTTP})
		got, err := p.client(t).Products(context.Background(), 13)
		if err != nil || len(got) != c.n || p.count(listPath) != c.calls {
			t.Errorf("%d in pages of %d: got %d in %d calls, %v", c.n, c.size, len(got), p.count(listPath), err)
		}
		if r, _ := p.requests(listPath); r[0].URL.RawQuery != "pageNo=1&pageSize=100&productId=13" {
			t.Errorf("asked %q", r[0].URL.RawQuery)
		}
		for i, product := range got {
			if product.ProductNo != fmt.Sprintf("PBX%03d", i) || product.ProductID != 13 {
				t.Fatalf("row %d is %+v", i, product)
			}
		}
	}
}

func TestPagesThatDisagreeAreReadAgain(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func(served, no int, p *shelfPage){
		"a PBX was added between pages": func(served, no int, p *shelfPage) {
			if served == 1 {
				p.total = "61"
			}
		},
		"rows shifted": func(served, no int, p *shelfPage) {
			if served == 1 {
				p.from, p.to = p.from-1, p.to-1
			}
		},
		"a page came empty": func(served, no int, p *shelfPage) {
			if served == 1 {
				p.from = p.to
			}
		},
		"another page came": func(served, no int, p *shelfPage) {
			if served == 1 {
				p.no = 3
			}
		},
		"the number of pages changed": func(served, no int, p *shelfPage) {
			if served == 1 {
				p.pages = 9
			}
		},
	} {
		p := newPortal(t, map[string]http.HandlerFunc{listPath: (&shelf{n: 60, size: 25, wrong: wrong}).ServeHTTP})
		if got, err := p.client(t).Products(context.Background(), 13); err != nil || len(got) != 60 || p.count(listPath) < 4 {
			t.Errorf("%s: %d in %d calls, %v", name, len(got), p.count(listPath), err)
		}
	}
}

func TestPagesThatNeverAgreeAreAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrong func(served, no int, p *shelfPage)
		calls int
	}{
		"every page is the first": {func(_, _ int, p *shelfPage) { p.from, p.to, p.no = 0, 25, 1 }, 6},
		"the total always grows":  {func(served, _ int, p *shelfPage) { p.total = strconv.Itoa(60 + served) }, 6},
		"rows are missing":        {func(_, no int, p *shelfPage) { p.total = "70" }, 9},
	} {
		p := newPortal(t, map[string]http.HandlerFunc{listPath: (&shelf{n: 60, size: 25, wrong: c.wrong}).ServeHTTP})
		got, err := p.client(t).Products(context.Background(), 13)
		var e *Error
		if !errors.As(err, &e) || e.Reason != ReasonBody || !strings.Contains(err.Error(), "try again later") || got != nil {
			t.Errorf("%s: %d products, %v", name, len(got), err)
		}
		if n := p.count(listPath); n != c.calls {
			t.Errorf("%s: %d calls, want %d", name, n, c.calls)
		}
	}
}

func TestAListWithoutATotalEndsWithItsRows(t *testing.T) {
	t.Parallel()
	no := func(_, _ int, p *shelfPage) { p.total = "null" }
	p := newPortal(t, map[string]http.HandlerFunc{listPath: (&shelf{n: 60, size: 25, wrong: no}).ServeHTTP})
	if got, err := p.client(t).Products(context.Background(), 13); err != nil || len(got) != 60 {
		t.Errorf("got %d, %v", len(got), err)
	}
	overlap := func(_, no int, p *shelfPage) {
		p.total, p.pages = "null", 0
		if no == 2 {
			p.from -= 5
		}
	}
	p = newPortal(t, map[string]http.HandlerFunc{listPath: (&shelf{n: 60, size: 25, wrong: overlap}).ServeHTTP})
	if got, err := p.client(t).Products(context.Background(), 13); err == nil {
		t.Errorf("rows shifted unseen: %d", len(got))
	}
	endless := func(_, no int, p *shelfPage) { p.total, p.pages, p.from, p.to = "null", 0, no, no+1 }
	p = newPortal(t, map[string]http.HandlerFunc{listPath: (&shelf{n: 1, size: 25, wrong: endless}).ServeHTTP})
	if _, err := p.client(t).Products(context.Background(), 13); err == nil || p.count(listPath) != maxPages {
		t.Errorf("a list without end: %v after %d calls", err, p.count(listPath))
	}
}

func TestAnAnswerAboutAnotherPBXIsAnError(t *testing.T) {
	t.Parallel()
	const path = "/product/openapi/instance_product/v1/detail"
	p := newPortal(t, map[string]http.HandlerFunc{path: func(w http.ResponseWriter, r *http.Request) {
		answer(200, success(map[string]string{
			"3658B431119665QJ": `{"productNo":"3658B431119665QJ","extensions":20,"productId":"13"}`,
			"SILENT":           `{"extensions":20}`,
			"WRONG":            `{"productNo":"OTHER","extensions":20}`,
			"LIST":             `[]`,
		}[r.URL.Query().Get("productNo")]))(w, r)
	}})
	c := p.client(t)
	for no, good := range map[string]bool{"3658B431119665QJ": true, "SILENT": true, "WRONG": false, "LIST": false} {
		got, err := c.Product(context.Background(), no, 13)
		if (err == nil) != good || good && (got.ProductNo != no || *got.Extensions != 20) {
			t.Errorf("%s: %+v, %v", no, got, err)
		}
	}
}
