"""Names: given names by generation, family names, the streets of Fjordvik. Put together by chance; nobody is meant."""

from __future__ import annotations

OLD_WOMEN = ("Aslaug", "Borghild", "Else", "Eva", "Gerd", "Gudrun", "Hjørdis", "Ingeborg", "Johanne", "Karin", "Laila",
             "Liv", "Magnhild", "Marit", "Oddny", "Ragnhild", "Randi", "Sigrun", "Synnøve", "Wenche")
OLD_MEN = ("Alf", "Asbjørn", "Egil", "Finn", "Gunnar", "Harald", "Ivar", "Johan", "Kåre", "Leif", "Oddvar", "Ole",
           "Reidar", "Rune", "Sigurd", "Steinar", "Sverre", "Torleif", "Trygve", "Øystein")
WOMEN = ("Amina", "Anita", "Bente", "Cathrine", "Eirin", "Fatima", "Grete", "Heidi", "Hilde", "Janne", "Katarzyna",
         "Linda", "Maria", "Merete", "Monica", "Nadia", "Silje", "Solfrid", "Stine", "Tone", "Trine", "Vibeke")
MEN = ("Ahmed", "Anders", "Bjarne", "Christian", "Eirik", "Espen", "Frode", "Geir", "Håvard", "Ivan", "Jan", "Kjetil",
       "Lars", "Marek", "Morten", "Omar", "Roger", "Stian", "Terje", "Thomas", "Trond", "Vidar")
GIRLS = ("Alma", "Ella", "Emma", "Frida", "Hedda", "Ingrid", "Iben", "Leah", "Lilly", "Live", "Maja", "Olivia", "Sara",
         "Selma", "Signe", "Sofie", "Thea", "Tuva", "Vilde", "Zainab")
BOYS = ("Adam", "Aksel", "Birk", "Elias", "Filip", "Håkon", "Isak", "Jakob", "Kasper", "Liam", "Ludvig", "Mathias",
        "Noah", "Odin", "Oskar", "Sondre", "Theo", "Tobias", "Viljar", "Yusuf")
FAMILIES = ("Aasen", "Amundsen", "Askeland", "Bakken", "Berntsen", "Bjerke", "Brekke", "Bråten", "Dahle", "Eide",
            "Eliassen", "Engen", "Espeland", "Fjeld", "Foss", "Frøland", "Gjerde", "Grande", "Gundersen", "Haga",
            "Halvorsen", "Hassan", "Haugland", "Hegge", "Helle", "Hjelle", "Hoel", "Hovden", "Husby", "Iversen",
            "Jørstad", "Kleven", "Knudsen", "Kowalski", "Kvalheim", "Langeland", "Lervik", "Løken", "Mathisen",
            "Midtbø", "Myklebust", "Nesse", "Nilsen", "Nygaard", "Nyhus", "Olaussen", "Opsahl", "Paulsen", "Ramstad",
            "Ravn", "Rognli", "Rustad", "Sande", "Sandvik", "Skaar", "Skogen", "Solheim", "Steen", "Stokke", "Sunde",
            "Svendsen", "Teigen", "Thune", "Torp", "Tveten", "Ulvik", "Valle", "Viken", "Wold", "Ødegård", "Østby",
            "Åmodt")
NORTH = ("Strandveien", "Nordgata", "Granstien", "Skolebakken", "Torget", "Kirkegata", "Bjørkealleen", "Naustveien")
SOUTH = ("Elveveien", "Sørveien", "Lyngbakken", "Bryggeveien", "Furulia", "Møllerbakken", "Åsveien", "Engstien")
POST_NORTH, POST_SOUTH = "9996 Fjordvik", "9997 Fjordvik"


def given_names(age: int, *, female: bool) -> tuple[str, ...]:
    """Return the names people of that age are called."""
    if age >= 62:
        return OLD_WOMEN if female else OLD_MEN
    if age >= 19:
        return WOMEN if female else MEN
    return GIRLS if female else BOYS
