package yeastar

import (
	"context"
	"net/url"
	"strconv"
	"strings"
)

const (
	// askedPageSize is asked for; the portal's default is 25 and its maximum is not documented, so
	// whatever comes is followed.
	askedPageSize = 100
	// maxPages ends a list that does not: 12,500 PBXs at the portal's default size.
	maxPages = 500
	// maxPasses is how often a list is read until its pages agree. PBXs are added by people, seldom
	// twice within the seconds that a reading takes.
	maxPasses = 3
)

// Products reads all PBXs of a product, every page: GET …/client/instance_product_list (query-product-list).
// Pages are cut by offset and shift while PBXs are added; where totals differ between pages, or the rows
// are not as many different ones as announced, the list is read again, three times at most, then that is the error.
func (c *Client) Products(ctx context.Context, productID int) ([]Product, error) {
	var a Answer
	var why string
	for range maxPasses {
		var all []Product
		var err error
		if all, why, a, err = c.productPass(ctx, productID); err != nil {
			return nil, err
		}
		if why == "" {
			return all, nil
		}
	}
	return nil, unreadable(EndpointProducts, a, "its pages did not agree in %d readings (%s): try again later", maxPasses, why)
}

// productPass reads the list once. why says, if not empty, what did not agree.
func (c *Client) productPass(ctx context.Context, productID int) (all []Product, why string, a Answer, err error) {
	var first productPage
	seen := map[string]bool{}
	for no := 1; ; no++ {
		if no > maxPages {
			return nil, "", a, unreadable(EndpointProducts, a, "more than %d pages", maxPages)
		}
		var page productPage
		if page, a, err = c.productPage(ctx, productID, no); err != nil {
			return nil, "", a, err
		}
		if no == 1 {
			first = page
		}
		fresh := false
		for _, p := range page.products {
			if !seen[p.ProductNo] {
				seen[p.ProductNo], fresh = true, true
				all = append(all, p)
			} else {
				why = p.ProductNo + " came twice"
			}
		}
		switch {
		case page.total != first.total || page.pages != first.pages:
			why = "totals changed from page to page"
		case page.no != 0 && page.no != no:
			why = "asked for page " + strconv.Itoa(no) + ", got " + strconv.Itoa(page.no)
		}
		if why != "" {
			return nil, why, a, nil
		}
		if !fresh || no == first.pages || (first.total >= 0 && len(all) >= first.total) {
			break
		}
	}
	if first.total >= 0 && len(all) != first.total {
		why = strconv.Itoa(len(all)) + " rows of " + strconv.Itoa(first.total)
	}
	return all, why, a, nil
}

func (c *Client) productPage(ctx context.Context, productID, no int) (productPage, Answer, error) {
	result, a, err := c.read(ctx, EndpointProducts, "/product/openapi/instance_product/v1/client/instance_product_list", url.Values{
		"productId": {strconv.Itoa(productID)},
		"pageNo":    {strconv.Itoa(no)},
		"pageSize":  {strconv.Itoa(askedPageSize)},
	})
	if err != nil {
		return productPage{}, a, err
	}
	page, err := readProductPage(result, productID)
	if err != nil {
		return productPage{}, a, unreadable(EndpointProducts, a, "page %d: %v", no, err)
	}
	return page, a, nil
}

// Product reads one PBX: GET /product/openapi/instance_product/v1/detail (get-product-details). An answer
// about another PBX is an error.
func (c *Client) Product(ctx context.Context, productNo string, productID int) (Product, error) {
	result, a, err := c.read(ctx, EndpointProduct, "/product/openapi/instance_product/v1/detail", url.Values{
		"productNo": {productNo}, "productId": {strconv.Itoa(productID)},
	})
	if err != nil {
		return Product{}, err
	}
	if !result.is('{') {
		return Product{}, unreadable(EndpointProduct, a, "the result is not an object")
	}
	p := readProduct(result, productID)
	if p.ProductNo == "" {
		p.ProductNo = productNo
	}
	if !strings.EqualFold(p.ProductNo, productNo) {
		return Product{}, unreadable(EndpointProduct, a, "asked for %s, got %s", productNo, p.ProductNo)
	}
	return p, nil
}

// Offering reads what can be bought for a product: GET /pricing/openapi/purchase/v1/purchase_product_info
// (query-available-subscription-trial-plans-and-services-for-a-product). productNo may be empty; products 9
// and 11 need it.
func (c *Client) Offering(ctx context.Context, productID int, productNo string) (Offering, error) {
	q := url.Values{"productId": {strconv.Itoa(productID)}}
	if productNo != "" {
		q.Set("productNo", productNo)
	}
	result, a, err := c.read(ctx, EndpointOffering, "/pricing/openapi/purchase/v1/purchase_product_info", q)
	if err != nil {
		return Offering{}, err
	}
	if !result.is('{') && !result.is('[') {
		return Offering{}, unreadable(EndpointOffering, a, "the result is neither an object nor an array")
	}
	return readOffering(result), nil
}
