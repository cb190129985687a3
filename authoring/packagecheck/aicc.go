package packagecheck

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

// aiccCourse is an AICC course while it is read.
type aiccCourse struct {
	*checker
	crs    string // the path of the .crs file
	units  map[string]bool
	titles map[string]string
}

// aicc judges a course that is described by the files beside a .crs file.
func (c *checker) aicc(course *archive.Entry) error {
	k := &aiccCourse{checker: c, crs: course.Path, units: map[string]bool{}, titles: map[string]string{}}
	c.report.Kind, c.report.Facts.Manifest = AICC, course.Path
	text, err := k.text(course)
	if err != nil {
		return err
	}
	total := k.course(text)
	tables := map[string]*table{}
	for _, ext := range append([]string{".au", ".des", ".cst"}, aiccOptional...) {
		if tables[ext], err = k.beside(ext); err != nil {
			return err
		}
	}
	k.describe(tables[".des"])
	k.list(tables[".au"], total)
	k.structure(tables[".cst"])
	k.prerequisites(tables[".pre"], tables[".cst"])
	for _, ext := range []string{".ort", ".ore", ".cmp"} {
		k.relations(tables[ext], tables[".cst"])
	}
	return nil
}

// aiccOptional are the files that a course may have besides: prerequisites, the
// units’ objectives (of two extensions), and what counts as complete.
var aiccOptional = []string{".pre", ".ort", ".ore", ".cmp"}

// course reads the .crs file and gives how many units it says there are, below 0
// where it doesn't.
func (k *aiccCourse) course(text string) (total int) {
	keys, found := iniSection(text, "course")
	if !found {
		k.add(aiccNoCourse, in(k.crs), "The file has no [Course] part.")
		return -1
	}
	for _, key := range []string{"Course_ID", "Course_Title"} {
		if keys[strings.ToLower(key)] == "" {
			k.add(aiccNoTitle, in(k.crs), "%s is missing or empty.", key)
		}
	}
	for _, key := range []string{"Course_Creator", "Course_System", "Level", "Max_Fields_CST", "Total_AUs", "Total_Blocks", "Version"} {
		if _, has := keys[strings.ToLower(key)]; !has {
			k.add(aiccKeyword, in(k.crs), "%s is missing.", key)
		}
	}
	k.report.Edition = short(keys["version"])
	k.report.Facts.Title = strings.Join(strings.Fields(keys["course_title"]), " ")
	total, err := strconv.Atoi(keys["total_aus"])
	if err != nil {
		return -1
	}
	return total
}

// beside reads the table with an extension that belongs to the course; nil where
// it has none that can be read.
func (k *aiccCourse) beside(ext string) (*table, error) {
	base := strings.TrimSuffix(k.crs, path.Ext(k.crs))
	e := k.arc.FindFold(base + ext)
	if e == nil {
		var others []*archive.Entry
		for _, o := range k.arc.Entries {
			if path.Dir(o.Path) == path.Dir(k.crs) && strings.EqualFold(path.Ext(o.Path), ext) {
				others = append(others, o)
			}
		}
		switch {
		case len(others) == 1:
			e = others[0]
			k.add(aiccBaseName, in(e.Path), "The file is not called as the course’s %s.", short(path.Base(k.crs)))
		case slices.Contains(aiccOptional, ext):
			return nil, nil
		default:
			k.add(aiccFileMissing, in(k.crs), "There is no %s file beside %s (AICC CMI001).", ext, short(path.Base(k.crs)))
			return nil, nil
		}
	}
	text, err := k.text(e)
	if err != nil || text == "" {
		if text == "" && err == nil && !slices.Contains(aiccOptional, ext) {
			k.add(aiccUnreadable, in(e.Path), "The file is empty or can’t be read.")
		}
		return nil, err
	}
	return readTable(e.Path, text), nil
}

// describe keeps the titles of the .des file.
func (k *aiccCourse) describe(t *table) {
	if t == nil || !k.columns(t, "system_id") {
		return
	}
	for _, r := range t.rows {
		k.titles[strings.ToLower(t.value(r, "system_id"))] = strings.Join(strings.Fields(t.value(r, "title")), " ")
	}
}

// columns tells whether a table has the columns that it needs.
func (k *aiccCourse) columns(t *table, names ...string) bool {
	whole := true
	for _, n := range names {
		if _, has := t.columns[n]; !has {
			k.add(aiccHeader, place{t.path, markup.Pos{Line: 1, Column: 1}}, "The first row has no column %s.", strings.ToUpper(n))
			whole = false
		}
	}
	return whole
}

// list reads the units of the .au file.
func (k *aiccCourse) list(t *table, total int) {
	if t == nil || !k.columns(t, "system_id", "file_name") {
		return
	}
	for _, r := range t.rows {
		k.unit(t, r)
	}
	switch {
	case len(t.rows) == 0:
		k.add(aiccNoUnits, in(t.path), "The table has no row besides its names.")
	case total >= 0 && total != len(t.rows):
		k.add(aiccTotal, in(k.crs), "Total_AUs is %d, and the table of units has %d.", total, len(t.rows))
	}
}

func (k *aiccCourse) unit(t *table, r row) {
	at := place{t.path, markup.Pos{Line: r.line, Column: 1}}
	u := &unit{at: at}
	u.Type, u.ID = "au", t.value(r, "system_id")
	id := strings.ToLower(u.ID)
	u.Title = k.titles[id]
	switch {
	case id == "":
		k.add(aiccID, at, "A unit has no System_ID.")
	case k.units[id]:
		k.add(aiccID, at, "The System_ID “%s” is another unit’s too.", short(u.ID))
	case u.Title == "":
		k.add(aiccUndescribed, at, "The unit “%s” has no title in the .des file.", short(u.ID))
	}
	k.units[id] = true
	if score := t.value(r, "mastery_score"); score != "" {
		if n, err := strconv.ParseFloat(score, 64); err != nil || !(n >= 0 && n <= 100) {
			k.add(aiccMastery, at, "Mastery_Score is “%s”.", short(score))
		}
	}
	k.address(u, at, t.value(r, "file_name"), t.value(r, "web_launch"))
	k.checker.units = append(k.checker.units, u)
}

// address judges where a unit is launched from. web_launch is what the host puts
// after the address, as a query.
func (k *aiccCourse) address(u *unit, at place, file, parameters string) {
	if file == "" {
		k.add(aiccNoFile, at, "The unit “%s” has an empty File_Name.", short(u.ID))
		return
	}
	t := resolve(k.crs, file)
	u.Launch = t.Path + t.Query
	if t.Outside != "" {
		u.Launch = t.Outside
	}
	if parameters = strings.TrimLeft(parameters, "?& "); parameters != "" {
		joint := "?"
		if strings.Contains(u.Launch, "?") {
			joint = "&"
		}
		u.Launch += joint + parameters
	}
	if t.Outside != "" {
		k.add(aiccOutside, at, "The unit “%s” is launched from “%s”.", short(u.ID), short(t.Outside))
		return
	}
	if e := k.launchedFile(at, t.Path, file, aiccLaunchMissing, aiccLaunchCase); e != nil {
		u.file = e.Path
	}
}

// structure compares the .cst file with the units. Where the units couldn't be
// read, nothing can be said.
func (k *aiccCourse) structure(t *table) {
	if t == nil || !k.columns(t, "block", "member") || len(k.units) == 0 {
		return
	}
	known, member := blocks(t), map[string]bool{}
	if !known["root"] {
		k.add(aiccNoRoot, in(t.path), "No row begins with ROOT.")
	}
	for _, r := range t.rows {
		for i, id := range r.fields { // the last column may be many, with one name or without
			id = strings.ToLower(strings.TrimSpace(id))
			if i == t.columns["block"] || id == "" {
				continue
			}
			member[id] = true
			if !k.units[id] && !known[id] {
				k.add(aiccMember, place{t.path, markup.Pos{Line: r.line, Column: 1}},
					"“%s” is neither a unit of the .au file nor a block.", short(id))
			}
		}
	}
	for _, u := range k.checker.units {
		if id := strings.ToLower(u.ID); id != "" && !member[id] {
			k.add(aiccUnused, u.at, "The unit “%s” is in no row of the .cst file.", short(u.ID))
		}
	}
}

// blocks gives what the first column of a .cst file has.
func blocks(t *table) map[string]bool {
	known := map[string]bool{}
	for _, r := range t.rows {
		known[strings.ToLower(t.value(r, "block"))] = true
	}
	return known
}

// prerequisites looks for units and blocks that the .pre file names and that
// aren't there.
func (k *aiccCourse) prerequisites(pre, cst *table) {
	if pre == nil || cst == nil || len(k.units) == 0 {
		return
	}
	known := blocks(cst)
	_, standard := pre.columns["prerequisite"]
	for _, r := range pre.rows {
		for i, text := range r.fields {
			if standard && i != pre.columns["prerequisite"] {
				continue
			}
			for _, id := range k.strangers(text, known) {
				k.add(aiccPrerequisite, place{pre.path, markup.Pos{Line: r.line, Column: 1}},
					"“%s” is neither a unit nor a block of the course.", short(id))
			}
		}
	}
}

// relations looks for units and blocks that aren't there in a file that says
// which objectives they have, or when they are complete.
func (k *aiccCourse) relations(t, cst *table) {
	if t == nil || cst == nil || len(k.units) == 0 {
		return
	}
	known := blocks(cst)
	for _, r := range t.rows {
		for _, id := range k.strangers(strings.Join(r.fields, ","), known) {
			k.add(aiccRelation, place{t.path, markup.Pos{Line: r.line, Column: 1}},
				"“%s” is neither a unit nor a block of the course.", short(id))
		}
	}
}

// strangers gives the units and blocks that a text names and that aren't there.
// Only names of the form that AICC gives them count, A1 or B1, since the rest of
// an expression may be anything.
func (k *aiccCourse) strangers(text string, known map[string]bool) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z')
	})
	slices.Sort(words)
	var list []string
	for _, w := range slices.Compact(words) {
		number := len(w) > 1 && strings.Trim(w[1:], "0123456789") == ""
		if number && (w[0] == 'a' || w[0] == 'b') && !k.units[w] && !known[w] {
			list = append(list, strings.ToUpper(w))
		}
	}
	return list
}
