"""One file per message type, both ways. Importing this package registers them all."""

from akson.exchange.messages import apprec, dialogmelding, fagdokument, legeerklaering, pleieomsorg, svarrapport

__all__ = ["apprec", "dialogmelding", "fagdokument", "legeerklaering", "pleieomsorg", "svarrapport"]
