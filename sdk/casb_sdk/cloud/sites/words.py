"""The words generated sites are made of, in several scripts."""

import random

FIRST_NAMES = (
    "Aiko", "Amara", "Anna", "Carlos", "Chloé", "Diego", "Elena", "Fatima", "Hans",
    "Ines", "Ivan", "Jonas", "Kwame", "Leila", "Linh", "Marta", "Mei", "Mohamed",
    "Nadia", "Olu", "Priya", "Rahul", "Sara", "Sofia", "Tomás", "Yuki", "Zoë", "Łukasz",
)  # fmt: skip
LAST_NAMES = (
    "Álvarez", "Andersson", "Bauer", "Chen", "Cohen", "Dubois", "Fischer", "García",
    "Haddad", "Ito", "Johnson", "Kim", "Kowalski", "Martin", "Mbeki", "Nguyen", "Novák",
    "Okafor", "Petrova", "Raman", "Rossi", "Schmidt", "Silva", "Tanaka", "Weber",
)  # fmt: skip
APP_NAMES = (
    "Diagram Studio", "Form Builder", "Table Tools", "Slide Maker", "Poll Corner",
    "Doc Exporter", "Chart Kit", "Approval Flow", "Link Checker", "Meeting Minutes",
)  # fmt: skip
DEPARTMENTS = (
    "Engineering", "Finance", "Legal", "Marketing", "Operations", "People", "Product",
    "Research", "Sales", "Security", "Support", "Design",
)  # fmt: skip
OPENINGS = (
    "Quarterly", "Draft", "Internal", "Final", "Weekly", "Old", "Proposed", "Technical",
    "Interner", "Neuer", "Nuevo", "Projet", "Новый", "Старый", "新しい", "内部", "خطة",
    "مشروع", "새로운", "नया", "Νέο", "חדש",
)  # fmt: skip
SUBJECTS = (
    "roadmap", "meeting notes", "budget", "architecture", "runbook", "retrospective",
    "requirements", "risk register", "onboarding", "interview guide", "release plan",
    "Anleitung", "Besprechung", "presupuesto", "compte rendu", "отчёт", "план работ",
    "設計書", "議事録", "تقرير", "회의록", "योजना", "σχέδιο", "תקציב",
)  # fmt: skip
PHRASES = tuple(f"{opening} {subject}" for opening in OPENINGS for subject in SUBJECTS)


def person_name(rng: random.Random) -> str:
    """Return somebody's name."""
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def titles(rng: random.Random, count: int) -> list[str]:
    """Return so many titles, no two alike."""
    chosen = rng.choices(PHRASES, k=count)
    return [f"{phrase} {number}" for number, phrase in enumerate(chosen, start=1)]
