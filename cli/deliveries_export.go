package cli

import (
	"encoding/csv"
	"strings"
	"time"

	"github.com/posternhq/postern/console"
)

type deliveriesExportVerb struct {
	Format string `help:"How: ndjson (default), or csv with a row of names." enum:"ndjson,csv" default:"ndjson" env:"POSTERN_EXPORT_FORMAT" placeholder:"FORMAT"`
	chosen `envprefix:"POSTERN_EXPORT_"`
	consoleFlags
}

// Run holds a page at a time.
func (v *deliveriesExportVerb) Run(s *session) error {
	q, err := v.query(wholePages, "", time.Now())
	if err != nil {
		return err
	}
	a, err := v.api(s.ctx)
	if err != nil {
		return err
	}
	rows := csv.NewWriter(s.out)
	if v.Format == "csv" {
		_ = rows.Write(exportedNames) // where it fails, Error says so behind Flush
	}
	for ds, err := range a.pages(s.ctx, q) {
		if err != nil {
			return err
		}
		for i := range ds {
			if v.Format == "csv" {
				_ = rows.Write(exported(&ds[i]))
				continue
			}
			if err := writeLine(s.out, ds[i]); err != nil {
				return err
			}
		}
		if rows.Flush(); rows.Error() != nil {
			return rows.Error()
		}
	}
	rows.Flush()
	return rows.Error()
}

var exportedNames = []string{"id", "event_id", "type", "webhook", "state", "class", "created_at", "next_attempt_at"}

// exported is a row for a table.
func exported(d *console.Delivery) []string {
	next := ""
	if d.NextAttemptAt != nil {
		next = d.NextAttemptAt.Format(time.RFC3339Nano)
	}
	class := ""
	if d.Class != nil {
		class = string(*d.Class)
	}
	row := []string{d.ID, d.EventID, d.Type, d.Webhook, string(d.State), class, d.CreatedAt.Format(time.RFC3339Nano), next}
	for i, cell := range row {
		row[i] = notAFormula(cell)
	}
	return row
}

// notAFormula keeps programs for tables from working out what an event brought
// along.
func notAFormula(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
