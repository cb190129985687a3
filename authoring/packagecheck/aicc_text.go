package packagecheck

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
)

const (
	// aiccSize is how much of a file of an AICC course is read, and aiccRows how
	// many of its rows: the largest course has a few hundred.
	aiccSize = 4 << 20
	aiccRows = 20_000
)

// text reads a file of the course. Such files say nothing of their encoding:
// what isn't UTF-8 or UTF-16 with a mark is in Windows’ Western code page.
func (k *aiccCourse) text(e *archive.Entry) (string, error) {
	data, whole, err := e.ReadAll(k.ctx, aiccSize)
	if err != nil {
		return "", k.broken(err)
	}
	if !whole {
		k.add(aiccUnreadable, in(e.Path), "The file has more than %d bytes.", aiccSize)
		return "", nil
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		if data, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data); err != nil {
			return "", nil
		}
	}
	if !utf8.Valid(data) {
		if data, err = charmap.Windows1252.NewDecoder().Bytes(data); err != nil {
			return "", nil
		}
	}
	return strings.TrimRight(string(data), "\x1a\x00"), nil // DOS marks the end of a file so
}

// iniSection gives the keywords of one section, in small letters, and whether it
// is there.
func iniSection(text, name string) (keys map[string]string, found bool) {
	keys = map[string]string{}
	inside := false
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section, _, _ := strings.Cut(line[1:], "]")
			inside = strings.EqualFold(strings.TrimSpace(section), name)
			found = found || inside
			continue
		}
		key, value, has := strings.Cut(line, "=")
		if key = strings.ToLower(strings.TrimSpace(key)); inside && has && !strings.HasPrefix(key, ";") {
			if _, twice := keys[key]; !twice {
				keys[key] = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
	}
	return keys, found
}

// table is a file of rows whose first names the columns.
type table struct {
	path    string
	columns map[string]int // by name in small letters
	rows    []row
}

type row struct {
	line   int
	fields []string
}

// value gives a field of a row by its column's name.
func (t *table) value(r row, column string) string {
	i, has := t.columns[column]
	if !has || i >= len(r.fields) {
		return ""
	}
	return r.fields[i]
}

// loose is the space between a closing quotation mark and the end of its field,
// by which a field would run on into the next.
var loose = regexp.MustCompile(`"[ \t]+(,|\r?\n|\z)`)

// readTable reads what it can: quotes in odd places and rows of other lengths
// are common, and hosts take them.
func readTable(path, text string) *table {
	t := &table{path: path, columns: map[string]int{}}
	if !strings.Contains(text, "\n") { // old Macintosh
		text = strings.ReplaceAll(text, "\r", "\n")
	}
	r := csv.NewReader(strings.NewReader(loose.ReplaceAllString(text, `"$1`)))
	r.LazyQuotes, r.TrimLeadingSpace, r.FieldsPerRecord = true, true, -1
	for header := true; len(t.rows) < aiccRows; {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			continue
		}
		line, _ := r.FieldPos(0)
		blank := true
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
			blank = blank && fields[i] == ""
		}
		switch {
		case blank, strings.HasPrefix(fields[0], ";"):
		case header:
			header = false
			for i, name := range fields {
				if name = strings.ToLower(name); name != "" {
					if _, twice := t.columns[name]; !twice {
						t.columns[name] = i
					}
				}
			}
		default:
			t.rows = append(t.rows, row{line, fields})
		}
	}
	return t
}
