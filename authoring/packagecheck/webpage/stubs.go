package webpage

func scanHTML(data []byte, t *Text) {}
