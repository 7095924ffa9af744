"""What a variant of a campaign shows: one kind of content a widget."""

from __future__ import annotations

from heimta.model.contents.checkout import CheckoutContent
from heimta.model.contents.popup import PopupContent
from heimta.model.contents.push import PushContent
from heimta.model.contents.survey import SurveyContent

Content = PopupContent | SurveyContent | CheckoutContent | PushContent

__all__ = ["CheckoutContent", "Content", "PopupContent", "PushContent", "SurveyContent"]
