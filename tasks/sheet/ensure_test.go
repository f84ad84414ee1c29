package sheet

import (
	"strings"
	"testing"
)

func TestAColumnMayNameWhatAPBXShallHave(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ensure", "Ensure", "Target", "Bring to", "BRING UP TO", "target_extensions"} {
		got := orders(t, "SN,Type,"+name+"\n"+sn+",expand_extensions,50\n", Options{})
		if got[0].Ensure != 50 || got[0].Quantity != 0 {
			t.Errorf("%s: ensure %d, quantity %d", name, got[0].Ensure, got[0].Quantity)
		}
	}
	line := `{"kind":"expand_extensions","productNo":"` + sn + `","ensure":50}` + "\n"
	if got := orders(t, line, Options{}); got[0].Ensure != 50 {
		t.Errorf("NDJSON: %d", got[0].Ensure)
	}
}

func TestARowSaysWhatToAddOrWhatToHave(t *testing.T) {
	t.Parallel()
	_, rows := read(t, "SN,Type,Extensions,Target\n"+
		sn+",expand_extensions,5,\n"+
		sn+",expand_extensions,,50\n"+
		sn+",expand_extensions,5,50\n"+
		sn+",expand_extensions,,1.000\n"+
		sn+",add_recording_minutes,,50\n", Options{})
	if rows[0].Intent.Quantity != 5 || rows[1].Intent.Ensure != 50 {
		t.Errorf("%+v, %+v", rows[0].Intent, rows[1].Intent)
	}
	wantProblem(t, rows, `row 3 (line 4): ensure 50: in column "Target": quantity is given too; say one of them`)
	wantProblem(t, rows, `row 4 (line 5): ensure "1.000": in column "Target": can be read in two ways`)
	if said := verdicts(rows)[3]; strings.Contains(said, "quantity") {
		t.Errorf("an ensure that cannot be read is a missing quantity: %s", said)
	}
	wantProblem(t, rows, `row 5 (line 6): ensure 50: in column "Target": the portal does not show how many minutes`)
}

func TestARowThatNamesTheOneDoesNotGetTheOtherFromWhatIsSaidForAll(t *testing.T) {
	t.Parallel()
	got := orders(t, "SN,Type,Qty\n"+sn+",expand_extensions,5\n"+sn+",expand_extensions,\n", Options{Defaults: map[string]string{"ensure": "50"}})
	if got[0].Quantity != 5 || got[0].Ensure != 0 || got[1].Quantity != 0 || got[1].Ensure != 50 {
		t.Errorf("%+v", got)
	}
}
