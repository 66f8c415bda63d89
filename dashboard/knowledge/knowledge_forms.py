"""What a number's business knows, as it is written and uploaded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from calls.knowledge.known_text import (
    LONGEST_TEXT,
    NAME_CHARACTERS,
    KnownAnswer,
    KnownText,
)

if TYPE_CHECKING:
    TextModelForm = forms.ModelForm[KnownText]  # generic for mypy only
    AnswerModelForm = forms.ModelForm[KnownAnswer]
else:
    TextModelForm = AnswerModelForm = forms.ModelForm

NO_TEXT = re.compile("[\0-\x08\x0e-\x19\x1b-\x1f\x7f]")
"""Signs that no text has: pictures and programs do, whatever their name ends in."""
ENDINGS = (".txt", ".md")
MOST_FILES = 20
LARGEST_FILE = 4 * LONGEST_TEXT
"""Bytes: no encoding has more for a character. nginx lets MOST_FILES of them pass
(docs/operations.md)."""
LONGEST_QUESTION = 300


class Described(forms.BaseForm):
    """Each field tells readers of screens what helps, and what is wrong with it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-describedby"] = f"help_{name} problems_{name}"


class TextForm(Described, TextModelForm):
    class Meta:
        model = KnownText
        fields = ("name", "text")
        widgets: ClassVar = {"text": forms.Textarea(attrs={"rows": 16, "dir": "auto"})}
        help_texts: ClassVar = {
            "text": _(
                "Plain text or Markdown. A heading (#) stands over the paragraphs that follow, and "
                "each paragraph is found by itself."
            )
        }


class AnswerForm(Described, AnswerModelForm):
    class Meta:
        model = KnownAnswer
        fields = ("questions", "answer")
        widgets: ClassVar = {
            name: forms.Textarea(attrs={"rows": 3, "dir": "auto"}) for name in fields
        }


class Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, as (name, text)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_empty_file=True, **kwargs)  # _read says which is empty

    def clean(self, data: Any, initial: Any = None) -> list[tuple[str, str]]:
        is_several = isinstance(data, list | tuple) and data
        files: Sequence[UploadedFile[Any] | None] = data if is_several else [data or None]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("At most %(most)d files at once."), params={"most": MOST_FILES}
            )
        return [_read(super(FilesField, self).clean(file)) for file in files]


class UploadForm(Described, forms.Form):
    texts = FilesField(
        label=_("Files"), widget=Files(attrs={"accept": ",".join(ENDINGS), "multiple": True}),
        help_text=_(
            "Text files (.txt, .md). A file with the name of a text that is there replaces it."
        ),
    )  # fmt: skip


class QuestionForm(forms.Form):
    asked = forms.CharField(max_length=LONGEST_QUESTION, label=_("A caller's question"))


def _read(file: UploadedFile[Any]) -> tuple[str, str]:
    """ValidationError says what is wrong with it."""
    name = (file.name or "").strip()
    shown = {"name": Truncator(name).chars(40)}
    if not name.lower().endswith(ENDINGS):
        raise forms.ValidationError(_("%(name)s is no text file (.txt, .md)."), params=shown)
    if len(name) > NAME_CHARACTERS:
        raise forms.ValidationError(_("The name of %(name)s is too long."), params=shown)
    too_long = forms.ValidationError(
        _("%(name)s is too long: at most %(most)s characters."),
        params={**shown, "most": f"{LONGEST_TEXT:,}"},
    )
    if (file.size or 0) > LARGEST_FILE:
        raise too_long
    text = _decoded(file.read())
    if text is None:
        raise forms.ValidationError(
            _("%(name)s cannot be read: save it as UTF-8 text."), params=shown
        )
    if not text.strip():
        raise forms.ValidationError(_("%(name)s is empty."), params=shown)
    if len(text) > LONGEST_TEXT:
        raise too_long
    return name, text


def _decoded(content: bytes) -> str | None:
    """UTF-8, UTF-16 that says so, or what older Windows programs write in Hebrew."""
    is_utf_16 = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", "cp1255"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if NO_TEXT.search(text) else text
    return None
