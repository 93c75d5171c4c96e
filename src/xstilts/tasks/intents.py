"""What a user of an assistant wants (the intent of an utterance) and with what (the slots of its words)."""

from __future__ import annotations

from xstilts.data.readers.catalog import Bio, Lines, Tsv, ZippedFiles
from xstilts.data.readers.snips import SplitWords
from xstilts.data.readers.xsid import XsidUtterances
from xstilts.data.row_makers.catalog import TagsRow, TextRow
from xstilts.data.source import Reader, RowMaker, Source
from xstilts.kinds.classification import Classification
from xstilts.kinds.tagging import Tagging
from xstilts.metrics.chunks import ChunkF1, TokenAccuracy
from xstilts.tasks.base import Origin, Task
from xstilts.tasks.sources import local, names, raw, source, web
from xstilts.tasks.tagging import bio

XSID_LANGUAGES = names("ar da de de-ba de-muc de-st en gsw it ja lt nap nl no tr zh")
XSID_INTENTS = Classification(
    labels=names(
        """AddToPlaylist BookRestaurant PlayMusic RateBook SearchCreativeWork SearchScreeningEvent
        alarm/cancel_alarm alarm/modify_alarm alarm/set_alarm alarm/show_alarms alarm/snooze_alarm
        alarm/time_left_on_alarm reminder/cancel_reminder reminder/set_reminder reminder/show_reminders
        weather/find"""
    )
)
XSID_SLOTS = bio(
    *names(
        """album artist best_rating condition_description condition_temperature cuisine datetime entity_name
        facility genre location movie_name movie_type music_item object_location_type object_name
        object_part_of_series_type object_select object_type party_size_description party_size_number playlist
        rating_unit rating_value recurring_datetime reference reference-part reminder/todo restaurant_name
        restaurant_type served_dish service sort track weather/attribute"""
    )
)
# Utterances with the same English text are translations of one item. Norwegian does not name it and stands alone.
XSID_INTENT_ROW = TextRow(label="intent", group=("item",))
_SLOT_ROW = TagsRow(tags="slots", group=("item",))


def xsid(row: RowMaker, language: str, split: str) -> Source:
    name = f"xSID-0.7/{language}.{split}.conll"
    address = raw("mainlp/xsid", "761d926c3f2e9f6bea13192d2f39cec1d04d9777", f"data/{name}")
    return source(web(XsidUtterances(), row, (f"xsid/{name}",), address), language=language)


XSID_ORIGIN = Origin(
    licence="CC BY-SA 4.0",
    cite="van der Goot et al. 2021, From Masked Language Modeling to Translation: Non-English Auxiliary "
    "Tasks Improve "
    "Zero-shot Spoken Language Understanding",
    home="https://github.com/mainlp/xsid",
    text="human-translated",
)
XSID_INTENT = Task(
    name="xsid-intent",
    kind=XSID_INTENTS,
    train=xsid(XSID_INTENT_ROW, "en", "train"),
    dev=xsid(XSID_INTENT_ROW, "en", "valid"),
    test={language: xsid(XSID_INTENT_ROW, language, "test") for language in XSID_LANGUAGES},
    origin=XSID_ORIGIN,
)
XSID_SLOT = Task(
    name="xsid-slots",
    kind=XSID_SLOTS,
    train=xsid(_SLOT_ROW, "en", "train"),
    dev=xsid(_SLOT_ROW, "en", "valid"),
    test={language: xsid(_SLOT_ROW, language, "test") for language in XSID_LANGUAGES},
    origin=XSID_ORIGIN,
)

SNIPS_INTENTS = Classification(
    labels=names("AddToPlaylist BookRestaurant GetWeather PlayMusic RateBook SearchCreativeWork SearchScreeningEvent")
)
SNIPS_SLOTS = bio(
    *names(
        """album artist best_rating city condition_description condition_temperature country cuisine
        current_location entity_name facility genre geographic_poi location_name movie_name movie_type
        music_item object_location_type object_name object_part_of_series_type object_select object_type
        party_size_description party_size_number playlist playlist_owner poi rating_unit rating_value
        restaurant_name restaurant_type served_dish service sort spatial_relation state timeRange track year"""
    )
)
SNIPS_LABELLED = ZippedFiles(readers=(Lines(blank=True), Lines(field="label", blank=True)))
_TAGGED = ZippedFiles(readers=(SplitWords(), SplitWords(field="tags")))


def snips(read: Reader, row: RowMaker, split: str, labels: str) -> Source:
    files = tuple(f"snips/{split}/{name}" for name in ("seq.in", labels))
    commit = "61f0307c729b1fad479ef1de94aa5ac5dee601b0"
    return source(web(read, row, files, raw("MiuLab/SlotGated-SLU", commit, *(f"data/{name}" for name in files))))


def _snips(name: str, kind: Classification | Tagging, read: Reader, row: RowMaker, labels: str) -> Task:
    return Task(
        name=name,
        kind=kind,
        train=snips(read, row, "train", labels),
        dev=snips(read, row, "valid", labels),
        test={"en": snips(read, row, "test", labels)},
        origin=Origin(
            licence="CC0 1.0",
            cite="Coucke et al. 2018, Snips Voice Platform; split of Goo et al. 2018",
            home="https://github.com/sonos/nlu-benchmark",
            text="original",
        ),
    )


SNIPS_INTENT_ROW = TextRow(label="label", group=("text",))  # 189 utterances occur twice
SNIPS_INTENT = _snips("snips-intent", SNIPS_INTENTS, SNIPS_LABELLED, SNIPS_INTENT_ROW, "label")
SNIPS_SLOT = _snips("snips-slots", SNIPS_SLOTS, _TAGGED, TagsRow(), "seq.out")

# Names of the intent numbers, in the order of the public loader.
MASSIVE_INTENTS = names(
    """datetime_query iot_hue_lightchange transport_ticket takeaway_query qa_stock general_greet
    recommendation_events music_dislikeness iot_wemo_off cooking_recipe qa_currency transport_traffic
    general_quirky weather_query audio_volume_up email_addcontact takeaway_order email_querycontact
    iot_hue_lightup recommendation_locations play_audiobook lists_createoradd news_query alarm_query iot_wemo_on
    general_joke qa_definition social_query music_settings audio_volume_other calendar_remove iot_hue_lightdim
    calendar_query email_sendemail iot_cleaning audio_volume_down play_radio cooking_query datetime_convert
    qa_maths iot_hue_lightoff iot_hue_lighton transport_query music_likeness email_query play_music
    audio_volume_mute social_post alarm_set qa_factoid calendar_set play_game alarm_remove lists_remove
    transport_taxi recommendation_movies iot_coffee music_query play_podcasts lists_query"""
)
MASSIVE_SLOTS = names(
    """alarm_type app_name artist_name audiobook_author audiobook_name business_name business_type change_amount
    coffee_type color_type cooking_type currency_name date definition_word device_type drink_type email_address
    email_folder event_name food_type game_name game_type general_frequency house_place ingredient joke_type
    list_name meal_type media_type movie_name movie_type music_album music_descriptor music_genre news_topic
    order_type person personal_info place_name player_setting playlist_name podcast_descriptor podcast_name
    radio_name relation song_name sport_type time time_zone timeofday transport_agency transport_descriptor
    transport_name transport_type weather_descriptor"""
)


def _massive(folder: str, split: str) -> Source:
    """The file of slots marks no beginnings, so a slot is a run of equal names: all words of one are inside it."""
    if folder == "Intents":
        numbers = tuple((str(i), name) for i, name in enumerate(MASSIVE_INTENTS))
        read: Reader = Tsv(columns=("text", "label"))
        row: RowMaker = TextRow(label="label", labels=numbers, group=("text",))
    else:
        read = Bio(columns=("token", "tag"))
        row = TagsRow(labels=(("-", "O"), *((slot, f"I-{slot}") for slot in MASSIVE_SLOTS)))
    return source(local(read, row, f"massive/de/{folder}/{split}.txt.gz"), language="de")


def _massive_task(name: str, kind: Classification | Tagging, folder: str) -> Task:
    return Task(
        name=name,
        kind=kind,
        train=_massive(folder, "train"),
        dev=_massive(folder, "dev"),
        test={"de": _massive(folder, "test")},
        metrics=(ChunkF1(), TokenAccuracy()) if folder == "Seq" else (),
        scale="German only, converted and split anew: not comparable with published MASSIVE numbers",
        origin=Origin(
            licence="CC BY 4.0",
            cite="FitzGerald et al. 2023, MASSIVE: A 1M-Example Multilingual Natural Language Understanding Dataset",
            home="https://github.com/alexa/massive",
            text="human-translated",
        ),
    )


MASSIVE_INTENT = _massive_task("massive-de-intent", Classification(labels=MASSIVE_INTENTS), "Intents")
MASSIVE_SLOT = _massive_task("massive-de-slots", Tagging(labels=("O", *(f"I-{slot}" for slot in MASSIVE_SLOTS))), "Seq")

TASKS = (XSID_INTENT, XSID_SLOT, SNIPS_INTENT, SNIPS_SLOT, MASSIVE_INTENT, MASSIVE_SLOT)
