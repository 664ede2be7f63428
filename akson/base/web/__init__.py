"""The web kit: screens, forms, templates, texts, charts, static files. To use it: docs/how-to/add-a-screen.md."""
