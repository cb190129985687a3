package webpage

import "bytes"

// scanStyle adds to t what a style sheet refers to. at is the place of its
// first character in the text that it stands in.
func scanStyle(code []byte, at Pos, t *Text) {
	s := &style{finder{code: code, start: at, t: t}}
	for i := 0; i < len(code); {
		i = s.next(i)
	}
}

type style struct{ finder }

func (s *style) next(i int) int {
	switch c := s.code[i]; {
	case c == '/' && i+1 < len(s.code) && s.code[i+1] == '*':
		if n := bytes.Index(s.code[i+2:], []byte("*/")); n >= 0 {
			return i + n + 4
		}
		return len(s.code)
	case c == '"' || c == '\'':
		_, end := s.quoted(i)
		return end
	case c == '@' && s.has(i, "@import"):
		return s.imported(i + len("@import"))
	case (c == 'u' || c == 'U') && s.has(i, "url(") && (i == 0 || !isWord(s.code[i-1]) && s.code[i-1] != '-'):
		return s.url(i+len("url("), AsImage)
	}
	return i + 1
}

func (s *style) has(i int, lower string) bool {
	return len(s.code)-i >= len(lower) && fold(s.code[i:i+len(lower)], lower)
}

func (s *style) blank(i int) int {
	for i < len(s.code) && s.code[i] <= ' ' {
		i++
	}
	return i
}

func (s *style) imported(i int) int {
	i = s.blank(i)
	switch {
	case i >= len(s.code):
	case s.code[i] == '"' || s.code[i] == '\'':
		text, end := s.quoted(i)
		s.ref(text, AsStyle, i+1)
		return end
	case s.has(i, "url("):
		return s.url(i+len("url("), AsStyle)
	}
	return i
}

// url reads what is in the brackets.
func (s *style) url(i int, how How) int {
	i = s.blank(i)
	if i < len(s.code) && (s.code[i] == '"' || s.code[i] == '\'') {
		text, end := s.quoted(i)
		s.ref(text, how, i+1)
		return end
	}
	end := bytes.IndexAny(s.code[i:], ")\n;")
	if end < 0 {
		end = len(s.code) - i
	}
	s.ref(bytes.TrimSpace(s.code[i:i+end]), how, i)
	return i + end
}

// quoted gives the inside of a string and where it ends.
func (s *style) quoted(i int) ([]byte, int) {
	quote, end := s.code[i], i+1
	for end < len(s.code) && s.code[end] != quote && s.code[end] != '\n' {
		if s.code[end] == '\\' {
			end++
		}
		end++
	}
	end = min(end, len(s.code))
	return s.code[i+1 : end], min(end+1, len(s.code))
}

// ref keeps a reference; what is in the address itself is none.
func (s *style) ref(text []byte, how How, offset int) {
	if len(text) == 0 || len(text) > 2000 || text[0] == '#' || len(s.t.Refs) >= MaxRefs {
		return
	}
	for _, scheme := range []string{"data:", "about:", "blob:"} {
		if len(text) >= len(scheme) && fold(text[:len(scheme)], scheme) {
			return
		}
	}
	s.t.Refs = append(s.t.Refs, Ref{URL: string(text), How: how, Pos: s.pos(offset)})
}
