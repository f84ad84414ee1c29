package sheet

import (
	"strings"
	"testing"
)

// head and good begin most of the files below: good is an order.
const (
	head = "SN,Type,Qty,Start\n"
	good = sn + ",extensions,10,\n"
)

// worst is what people have sent us, or will. Each message is all that its sender reads, so that it has the
// row or the line, the column, the value and the way out.
var worst = []struct{ name, content, want string }{
	{"01 the workbook itself", "PK\x03\x04\x14\x00\x06\x00xl/workbook.xml",
		"this is a zip file, most likely an Excel (.xlsx) or LibreOffice (.ods) workbook; open it and " + saveAs},
	{"02 the workbook of 1997", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00",
		"this is an old Excel workbook (.xls); open it and " + saveAs},
	{"03 Excel's Unicode Text", "\xff\xfeS\x00N\x00\t\x00T\x00y\x00p\x00e\x00\r\x00\n\x00",
		`this is UTF-16 (Excel: "Unicode Text"); ` + saveAs},
	{"04 the page that asks to sign in", "\n<!DOCTYPE html><html><body>Please sign in",
		"this is a web page (HTML), not a sheet: some portals name it .xls or .csv, or it is the page that asks you to sign in; open it in Excel and " + saveAs},
	{"05 an encoding of 1252", head + good + "3658B431119665QK,extensions,10,M\xe4rz\n",
		"line 3: byte 33 (0xE4) is not UTF-8, so the file was saved in an older encoding: " + saveAs},
	{"06 nothing below the header", head,
		"line 1: the file has a header and no rows; write a row for each order below it"},
	{"07 no header", good + good,
		`line 1: it must name the columns, and none is productNo or kind; the columns found are "3658B431119665QJ", "extensions", "10", "". Name a column productNo (or SN, Serial, Serial No, Serial Number), or say it once for all rows. Name a column kind (or Type, Operation, Order Type, Order Kind), or say it once for all rows: expand_extensions, add_recording_minutes, subscribe_ha`},
	{"08 minutes, and of what?", "Serial Number;Minutes\n" + sn + ";1000\n",
		`line 1: it must name the columns, and none is kind; the columns found are "Serial Number", "Minutes". What the quantity counts (minutes) does not say what to order. Name a column kind (or Type, Operation, Order Type, Order Kind), or say it once for all rows: expand_extensions, add_recording_minutes, subscribe_ha`},
	{"09 two columns for one thing", "SN,Type,Extensions,Minutes\n" + sn + ",extensions,10,\n",
		`line 1: the columns "Extensions" and "Minutes" both mean quantity; keep one, and call the other "input.Minutes" where it is only to be carried`},
	{"10 a serial number as a float", head + good + "3.65843E+15,extensions,10,\n",
		`row 2 (line 3): productNo "3.65843E+15": in column "SN": a spreadsheet has shortened this number, and its last digits are lost; format the column as text, enter the number again, and export again`},
	{"11 a thousand, or one", head + good + sn + `,recording minutes,"1,000",` + "\n",
		`row 2 (line 3): quantity "1,000": in column "Qty": can be read in two ways, a separator of thousands here is a decimal point elsewhere; write digits alone, e.g. 1000`},
	{"12 January or December", head + good + sn + ",extensions,10,12/01/2026\n",
		`row 2 (line 3): notBefore "12/01/2026": in column "Start": can be read in two ways, day or month first; write year-month-day, e.g. 2026-12-01`},
	{"13 a quote that never closes", head + good + `"` + good + strings.Repeat(good, 50000),
		`line 3: a quote opens column "SN" and is not closed within 64 KiB, so it is unknown where the rows behind it begin; close it, or take it away`},
	{"14 nineteen inches", head + good + sn + `,extensions,10" rack,` + "\n",
		`row 2 (line 3): quantity "10" rack": column "Qty" has a quote inside; where a cell has quotes, put the whole cell in quotes and write each inner quote twice: "19"" rack"`},
	{"15 a comma too many", head + good + sn + ",extensions,10,,Miller, Ltd\n",
		`row 2 (line 3): intent "Miller": the row has a cell 5 and the header 4 columns; put a cell that has a comma inside in quotes, or take the cell away`},
	{"16 a formula", head + good + "=VLOOKUP(A2;PBX!A:B;2),extensions,10,\n",
		`row 2 (line 3): productNo "=VLOOKUP(A2;PBX!A:B;2)": in column "SN": is a formula; put its value there (copy, then paste special, values)`},
	{"17 what cannot be seen", head + good + sn + "\u200b,extensions,10,\n",
		`row 2 (line 3): productNo "3658B431119665QJ\u200b": in column "SN": contains the character U+200B, which does not print; type the value anew`},
	{"18 quotes from a letter", head + good + "“" + sn + "”,extensions,10,\n",
		`row 2 (line 3): productNo "“3658B431119665QJ”": in column "SN": has the curly quote “ at its end, which is text and no quote; take it away, or write "`},
	{"19 one name for two orders", "Ref," + head + "crm-1," + good + "crm-1," + sn + ",extensions,20,\n",
		`row 2 (line 3): reference "crm-1": in column "Ref": row 1 has this reference already; give this row another, or take one of the two away`},
	{"20 a kind nobody sells", head + good + sn + ",Extensoins & more,10,\n",
		`row 2 (line 3): kind "Extensoins & more": in column "Type": no such kind; say expand_extensions, add_recording_minutes, subscribe_ha`},
}

func TestTheTwentyWorstSpreadsheetsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, w := range worst {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			_, rows, err := all(t, w.content, Options{Batch: "december"})
			var said []string
			if err != nil {
				said = append(said, err.Error())
			}
			for _, v := range verdicts(rows) {
				if v != "" {
					said = append(said, v)
				}
			}
			if got := strings.Join(said, "\n"); got != w.want {
				t.Errorf("it says\n%s\nwant\n%s", got, w.want)
			}
		})
	}
}

func TestABadRowDoesNotStopTheRest(t *testing.T) {
	t.Parallel()
	for _, w := range worst {
		if !strings.HasPrefix(w.want, "row ") {
			continue
		}
		_, rows := read(t, w.content+strings.Repeat(",", strings.Count(w.content[:strings.Index(w.content, "\n")], ",")-3)+good, Options{})
		if len(rows) != 3 || rows[0].Invalid != nil || rows[1].Invalid == nil || rows[2].Invalid != nil {
			t.Errorf("%s: rows say %q", w.name, verdicts(rows))
		}
	}
}
