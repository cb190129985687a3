package webpage

func scanScript(code []byte, at Pos, t *Text) {}
func scanStyle(code []byte, at Pos, t *Text)  {}
