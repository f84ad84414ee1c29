package yeastar

import "context"

// BillingContacts reads who can receive an invoice: GET /user/openapi/user/v1/client/billing_contact_list
// (query-billing-contact-list). A contact without a readable id is an error, lest the only readable one
// is taken for the only one.
func (c *Client) BillingContacts(ctx context.Context) ([]Contact, error) {
	result, a, err := c.read(ctx, EndpointContacts, "/user/openapi/user/v1/client/billing_contact_list", nil)
	if err != nil {
		return nil, err
	}
	contacts, err := readContacts(result)
	if err != nil {
		return nil, unreadable(EndpointContacts, a, "%v", err)
	}
	return contacts, nil
}

// SubscribableProducts reads what the account is authorised to buy:
// GET /pricing/openapi/purchase/v1/product_list (query-available-subscription-products).
func (c *Client) SubscribableProducts(ctx context.Context) ([]SubscribableProduct, error) {
	result, a, err := c.read(ctx, EndpointSubscribable, "/pricing/openapi/purchase/v1/product_list", nil)
	if err != nil {
		return nil, err
	}
	products, err := readSubscribable(result)
	if err != nil {
		return nil, unreadable(EndpointSubscribable, a, "%v", err)
	}
	return products, nil
}
