package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"orderq/cmd/internal/office"
)

func (a *app) webhookSet(set settings) *cobra.Command {
	var url, description, by string
	var states, kinds []string
	cmd := &cobra.Command{
		Use: "set ID [flags]", Short: "Change whom to tell of what", Example: "  orderq webhook set wh5d2k… --url https://crm.example.com/v2\n  orderq webhook set wh5d2k… --state placed,rejected --kind ''",
		Long: `Change whom to tell of what. What is left out stays, and so do the secret, the
log and what waits, which goes to the new URL. An empty list is all of them.`,
	}
	flag := cmd.Flags()
	flag.StringVar(&url, "url", "", "call this `URL` from now on")
	flag.StringSliceVar(&states, "state", nil, "only moves to these `states`: "+strings.Join(stateNames(), ", "))
	flag.StringSliceVar(&kinds, "kind", nil, "only of these `kinds`: "+strings.Join(kindNames(), ", "))
	flag.StringVar(&description, "description", "", "`text` for people: whose it is")
	flag.StringVar(&by, "by", "", "`name` of who does (default: the user's)")
	return a.oneWebhook(set, cmd, func(ctx context.Context, h hookClerk, id string) error {
		var c office.WebhookChange
		if flag.Changed("url") {
			c.URL = &url
		}
		if flag.Changed("state") {
			c.States = &states
		}
		if flag.Changed("kind") {
			c.Kinds = &kinds
		}
		if flag.Changed("description") {
			c.Description = &description
		}
		if c == (office.WebhookChange{}) {
			return wrongUse(errors.New("nothing is to be changed: say --url, --state, --kind or --description"))
		}
		return a.shown(h.ChangeWebhook(ctx, id, c, a.orUser(by)))
	})
}
