"""What a number's business knows: texts, and questions with their answers, cut into passages.

Rules: a passage belongs to one of them, and is made anew whenever that is saved (`save`, under a
lock of the number, so that nobody counts at the same time). A passage's keys are those of its words
(Language.search_keys) behind the number's own key, so that no search sees another number's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from calls.knowledge.passages import Cut, cut
from calls.language.language import Language, spoken

MOST_PASSAGES = 2000
"""Of one number: what the searches were measured with."""
LONGEST_TEXT = 500_000
LONGEST_QUESTIONS, MOST_QUESTIONS, LONGEST_ANSWER = 500, 10, 600
NAME_CHARACTERS = 100


def key_of(number: int, key: str) -> str:
    """In the index: of one number's passages."""
    return f"{number}:{key}"


class Known(models.Model):
    """What both kinds have in common."""

    number = models.ForeignKey("calls.PhoneNumber", models.CASCADE, related_name="%(class)ss")
    changed_at = models.DateTimeField(auto_now=True)

    if TYPE_CHECKING:
        number_id: int

    class Meta:
        abstract = True

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValidationError where the number would have too many passages."""
        cuts = self.cuts()
        numbers = apps.get_model("calls", "PhoneNumber")
        numbers._default_manager.select_for_update().get(pk=self.number_id)
        before = self.own_passages().count() if self.pk else 0
        others = Passage.objects.filter(number=self.number_id).count() - before
        if (count := others + len(cuts)) > MOST_PASSAGES:
            raise ValidationError(
                _("With this the number would have %(count)d passages; at most %(most)d."),
                params={"count": count, "most": MOST_PASSAGES},
            )
        super().save(*args, **kwargs)
        self.own_passages().delete()
        Passage.objects.bulk_create(
            Passage.of(self, place, each) for place, each in enumerate(cuts)
        )

    def cuts(self) -> list[Cut]:
        raise NotImplementedError

    def own_passages(self) -> models.QuerySet[Passage, Passage]:
        raise NotImplementedError


class KnownText(Known):
    """A text, or a text file."""

    name = models.CharField(_("name"), max_length=NAME_CHARACTERS)
    text = models.TextField(_("text"), max_length=LONGEST_TEXT)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        constraints = (models.UniqueConstraint(fields=("number", "name"), name="text_name"),)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        others = KnownText.objects.filter(number=self.number_id, name=self.name)
        if others.exclude(pk=self.pk).exists():
            raise ValidationError({"name": _("There is a text with this name already.")})

    def cuts(self) -> list[Cut]:
        return cut(self.text)

    def own_passages(self) -> models.QuerySet[Passage, Passage]:
        return self.passages.all()


class KnownAnswer(Known):
    """A question, in as many wordings as there are lines, and its answer."""

    questions = models.TextField(
        _("question"), max_length=LONGEST_QUESTIONS,
        help_text=_("As callers ask it. Other wordings: one a line, at most 10."),
    )  # fmt: skip
    answer = models.TextField(_("answer"), max_length=LONGEST_ANSWER)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("question with its answer")
        verbose_name_plural = _("questions with their answers")

    def __str__(self) -> str:
        return self.wordings[0] if self.wordings else ""

    @property
    def wordings(self) -> list[str]:
        return [line.strip() for line in self.questions.splitlines() if line.strip()]

    def clean(self) -> None:
        if (count := len(self.wordings)) > MOST_QUESTIONS:
            raise ValidationError(
                {
                    "questions": ValidationError(
                        _("At most %(most)d lines: there are %(count)d."),
                        params={"most": MOST_QUESTIONS, "count": count},
                    )
                }
            )

    def cuts(self) -> list[Cut]:
        return [Cut(" / ".join(self.wordings), " ".join(self.answer.split()))]

    def own_passages(self) -> models.QuerySet[Passage, Passage]:
        return self.passages.all()


class Passage(models.Model):
    """What is found, and told to the model, as one."""

    number = models.ForeignKey("calls.PhoneNumber", models.CASCADE, related_name="passages")
    text = models.ForeignKey(KnownText, models.CASCADE, null=True, related_name="passages")
    answer = models.ForeignKey(KnownAnswer, models.CASCADE, null=True, related_name="passages")
    place = models.PositiveIntegerField()
    heading = models.TextField(blank=True)
    words = models.TextField()
    keys = models.TextField()
    """By which it is found: what the database's full-text index is of."""

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.heading or self.words[:60]

    @classmethod
    def of(cls, known: Known, place: int, part: Cut, language: Language | None = None) -> Passage:
        keys = (language or spoken()).search_keys.of_text(f"{part.heading}\n{part.words}")
        belongs = {"text" if isinstance(known, KnownText) else "answer": known}
        number = known.number_id
        return cls(
            number_id=number,
            place=place,
            heading=part.heading,
            words=part.words,
            keys=" ".join(key_of(number, key) for key in sorted(keys)),
            **belongs,
        )
