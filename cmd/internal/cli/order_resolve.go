package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"orderq/worker/review"
)

func (a *app) orderResolve(set settings) *cobra.Command {
	var (
		p                  person
		placed             string
		resend, drop, gone bool
	)
	cmd := &cobra.Command{
		Use:   "resolve ORDER [ANSWER --by NAME --note TEXT]",
		Short: "Show the evidence about an order in doubt, and decide", Args: one(named),
		Long: `Show the evidence about an order in doubt: one that may have been sent, and of
which it is not known what became. What was sent and seen, what the portal
shows now, and which answers would be refused. Everything is only read.

An order in review is decided by a person: add one of these answers.

--placed ORDERNO  it is this order of the portal. The portal is asked: refused
                  where there is none of that number, it is for another PBX,
                  bears another order's reference, belongs to another record,
                  or was there before anything was sent.
--resend          it is not there: send it again. Refused until the time after
                  which the portal should show it (ORDERQ_SETTLE) is over, while
                  the process that sent it still runs, where nobody can tell
                  whether it does (--sender-gone says that you made sure), and
                  where the portal shows it, or one that fits.
--drop            it is not there, and is not wanted any more. Refused where the
                  portal shows it, or it may be sent yet.

By whom, why, and what the evidence said go into the order's history.

Exit: 0 decided · 1 refused, or not found · without an answer the order's
state, as order wait has it: 4 unknown or in review · 5 being sent.`,
		Example: `  orderq order resolve crm-4711
  orderq order resolve crm-4711 --placed EK3206246063826526208 \
      --by anna --note 'found it in the portal, order of 14:03'
  orderq order resolve crm-4711 --resend --by anna --note 'Yeastar has none'`,
	}
	p.sign(cmd)
	cmd.Flags().StringVar(&placed, "placed", "", "the portal's order `number`: it was placed as this one")
	cmd.Flags().BoolVar(&resend, "resend", false, "it was not placed: send it again")
	cmd.Flags().BoolVar(&drop, "drop", false, "it was not placed and is not wanted any more")
	cmd.Flags().BoolVar(&gone, "sender-gone", false, "with --resend: you made sure that the process that sent it is gone")
	set = set.and(cmd, append(portalSettings(), "ORDERQ_SETTLE", "ORDERQ_JOURNAL")...)
	cmd.RunE = a.do(func(ctx context.Context, args []string) error {
		var answers []review.Decision
		if cmd.Flags().Changed("placed") {
			answers = append(answers, review.Decision{Answer: review.Placed, OrderNo: strings.TrimSpace(placed)})
		}
		if resend {
			answers = append(answers, review.Decision{Answer: review.Resend, SenderGone: gone})
		}
		if drop {
			answers = append(answers, review.Decision{Answer: review.Drop})
		}
		looks := len(answers) == 0 && p.by == "" && p.note == ""
		switch {
		case gone && !resend:
			return wrongUse(errors.New("--sender-gone goes with --resend"))
		case looks:
			return set.withClerk(a.card)(ctx, args)
		case len(answers) != 1, answers[0].Answer == review.Placed && answers[0].OrderNo == "":
			return wrongUse(errors.New("say one of --placed ORDERNO, --resend, --drop"))
		}
		if err := p.needed(); err != nil {
			return err
		}
		d := answers[0]
		d.By, d.Note = p.by, p.note
		return set.withClerk(func(ctx context.Context, c clerk, args []string) error {
			o, err := c.Resolve(ctx, args[0], d)
			if err != nil {
				return err
			}
			return a.result(o, true)
		})(ctx, args)
	})
	return cmd
}

// card shows the evidence.
func (a *app) card(ctx context.Context, at clerk, args []string) error {
	c, err := at.Evidence(ctx, args[0])
	if err != nil {
		return err
	}
	if a.json {
		err = a.emit(c)
	} else {
		a.showCard(c)
	}
	if err != nil {
		return err
	}
	return exit(codeOfState(c.Order.State))
}
