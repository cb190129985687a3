package programme

func check(p *Programme, edges []Edge) []string { return nil }
