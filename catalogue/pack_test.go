package catalogue_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/catalogue"
	"github.com/leadership-ladder/rung/internal/fault"
)

// unpacked writes a pack and reads it back.
func unpacked(t *testing.T, pack *catalogue.Pack) map[string]string {
	t.Helper()
	defer pack.Close()
	var b bytes.Buffer
	if err := pack.Write(&b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		found[f.Name] = string(body)
	}
	return found
}

func sheetFields(t *testing.T, sheet string) (order []string, value map[string]string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	value = map[string]string{}
	for _, row := range rows[1:] {
		order = append(order, row[0])
		value[row[0]] += row[1]
	}
	return order, value
}

func TestPackOfAModuleThatClimbed(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id, slug := w.published("Leading a Handover")
	if _, err := w.svc.PackOfModule(ctx, by(w.tech), slug); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a reviewer packs: %v", err)
	}
	pack, err := w.svc.PackOfModule(ctx, by(w.lead1), slug)
	w.must(err)
	if pack.Name != "leading-a-handover.zip" {
		t.Errorf("it is called %q", pack.Name)
	}
	got := unpacked(t, pack)
	if body := got["package/Handover (final).zip"]; body != "PK a package of Leading a Handover" {
		t.Errorf("the package is %q; the pack has %d files", body, len(got))
	}
	order, value := sheetFields(t, got["listing.csv"])
	wantOrder := "Title|Description|Keyword 1|Keyword 2|Author 1 name|Author 1 organisation|Author 1 role|Licence|Review date|Provider|Certificate"
	if !strings.HasPrefix(strings.Join(order, "|"), wantOrder) {
		t.Errorf("the fields come as %v", order)
	}
	for field, want := range map[string]string{"Title": "Leading a Handover", "Keyword 2": "'=handover", "Author 1 role": "Registrar",
		"Licence": "CC BY-NC 4.0", "Review date": "2 March 2028", "Certificate": "Yes"} {
		if value[field] != want {
			t.Errorf("%s is %q, want %q", field, value[field], want)
		}
	}
	if p := value["Package"]; !strings.Contains(p, "has not checked of which standard") || !strings.Contains(p, "Learning Hub takes SCORM 1.2.") {
		t.Errorf("of the package it says %q", p)
	}
	if page := got["listing.html"]; !strings.Contains(page, "18 of 255 characters.") || !strings.Contains(page, "Example NHS Trust") {
		t.Errorf("the readable sheet:\n%s", page)
	}
	again, err := w.svc.PackOfProposal(ctx, by(w.lead2), id)
	w.must(err)
	w.must(again.Close())
}

func TestPackBeforePublishing(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	id := w.final("Leading a Handover")
	_, err := w.svc.PackOfProposal(ctx, by(w.lead1), id)
	w.refused(err, "refused not_approved")
	w.sign(id, "final")
	_, err = w.svc.PackOfProposal(ctx, by(w.author), id)
	w.refused(err, "forbidden")
	pack, err := w.svc.PackOfProposal(ctx, by(w.lead1), id)
	w.must(err)
	if _, value := sheetFields(t, unpacked(t, pack)["listing.csv"]); value["Review date"] != "" {
		t.Errorf("a review date that nobody set: %q", value["Review date"])
	}
}

func TestPackOfAModuleLiveBeforeRung(t *testing.T) {
	w := newWorld(t)
	slug, err := w.svc.EnterLive(t.Context(), by(w.lead1), entry(w, "Theories of Leadership"))
	w.must(err)
	pack, err := w.svc.PackOfModule(t.Context(), by(w.lead1), slug)
	w.must(err)
	got := unpacked(t, pack)
	if len(got) != 2 || !strings.Contains(got["listing.html"], "no package") {
		t.Errorf("the pack holds %v", got)
	}
}
