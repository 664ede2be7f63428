"""Meldinger i pleie og omsorg som noen her skriver: våre ord, det journalen vet, og hvem som skal ha dem."""
