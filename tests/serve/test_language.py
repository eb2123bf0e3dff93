import time

import pytest

from serve.language import FEWEST_WORDS, FUNCTION_WORDS, warnings_for
from serve.transcript import Unit

ENGLISH = {
    "talk": "Welcome back to the show. Today we are talking with Ana about the library that she"
    " wrote, how it got started and what she would do differently if she could start again.",
    "captions, no case, no punctuation": "so yeah i mean the thing is you know we had this huge"
    " table and nobody really knew why it was slow until we looked at the query plan and there it"
    " was a full scan on every single request",
    "technical": "You pip install pandas, then df.groupby plus agg gives per-user medians. NumPy"
    " arrays live in C memory, so vectorised code avoids the interpreter. We profile with py-spy"
    " and ship wheels for Linux, macOS and Windows.",
    "noisy recognition": "uh um the the k-kubernetes cluster it it kinda fell over right and uh"
    " we we had to like restart etcd by hand um at three am yeah that was that was not fun mm-hmm",
    "an advert": "This episode is brought to you by Harbor. Harbor runs your containers without"
    " servers to look after. Go to harbor.example/show and use code SHOW for ten percent off your"
    " first year.",
    "curly quotes and accents": "It’s what we’d call naïve, isn’t it? José and Zoë said they don’t"
    " use the façade any more, but that the résumé parser is still there and you can try it.",
    "shopping list of names": "Our guests are Priya Natarajan, Tomasz Wójcik and Søren Kjær. They"
    " work at the institute in Kraków, where they maintain PyCalibrate, LibTensor and a few other"
    " packages for the community.",
}

OTHER = {
    "Spanish": "Bienvenidos a un nuevo episodio. Hoy hablamos con Lucía sobre cómo empezó a"
    " programar, qué lenguajes usa en su trabajo y por qué decidió dejar la empresa. Antes de"
    " empezar, queremos dar las gracias a nuestro patrocinador.",
    "German": "Willkommen zu einer neuen Folge. Heute sprechen wir mit Jonas darüber, wie er zur"
    " Softwareentwicklung kam und was ihn an der Arbeit in einem kleinen Team so reizt. Ich bin"
    " der Meinung, dass man in der Praxis am meisten lernt. Was war denn das Problem?",
    "German full of English words": "Also wir haben das Deployment mit Kubernetes gemacht und das"
    " Backend in Python geschrieben, weil das Team das schon kannte. Der Build war super langsam,"
    " also haben wir Caching eingebaut und die Tests im Cloud Service laufen lassen.",
    "French": "Bonjour à toutes et à tous et bienvenue dans ce nouvel épisode. Aujourd'hui on"
    " parle avec Camille de son parcours, des outils qu'elle utilise et de ce qu'elle a appris en"
    " montant sa boîte. C'est parti, on commence tout de suite.",
    "Portuguese": "Olá, pessoal, sejam bem-vindos a mais um episódio. Hoje a gente conversa com o"
    " Rafael sobre como ele entrou na área de dados, o que estudou e quais ferramentas ele usa no"
    " dia a dia. Não esqueça de seguir o programa.",
    "Italian": "Benvenuti a una nuova puntata. Oggi parliamo con Giulia di come ha iniziato a"
    " programmare, di che cosa fa in azienda e dei libri che le sono stati più utili. Prima di"
    " iniziare, una parola dal nostro sponsor.",
    "Dutch": "Welkom bij een nieuwe aflevering. Vandaag praten we met Sanne over hoe ze met"
    " programmeren is begonnen, wat ze in haar werk doet en of ze het een ander zou aanraden. Ik"
    " had het niet verwacht, maar het was een van de beste keuzes.",
    "Swedish": "Välkomna till ett nytt avsnitt. I dag pratar vi med Elin om hur hon började"
    " programmera, vad hon gör på jobbet och vilka verktyg hon använder. Det var för att man ville"
    " ha något att göra, och så blev det så här.",
    "Danish": "Velkommen til et nyt afsnit. I dag taler vi med Mads om, hvordan han kom i gang"
    " med at programmere, og hvad han laver på arbejdet. Vi kan have det sådan, at man lærer mest"
    " for sig selv, men det er ikke for alle.",
    "Norwegian": "Velkommen til en ny episode. I dag snakker vi med Ingrid om hvordan hun begynte"
    " å programmere, og om hva hun gjør på jobben. Det var ikke så lett i starten, men etter en"
    " stund gikk det bra for henne.",
    "Polish": "Witamy w nowym odcinku. Dzisiaj rozmawiamy z Kasią o tym, jak zaczęła programować,"
    " czego używa w pracy i dlaczego to jest dla niej ważne. Zanim zaczniemy, kilka słów o naszym"
    " sponsorze i o tym, do czego można go użyć.",
    "Czech": "Vítejte u nového dílu. Dnes si povídáme s Petrem o tom, jak začal programovat, co"
    " ho na tom baví a proč to dělá právě takhle. Než začneme, pár slov o našem sponzorovi, a pak"
    " už se do toho dáme.",
    "Turkish": "Yeni bölüme hoş geldiniz. Bugün Elif ile programlamaya nasıl başladığını, işinde"
    " hangi araçları kullandığını ve neden şirketten ayrıldığını konuşuyoruz. Başlamadan önce"
    " destekçimize bir teşekkür etmek istiyorum, bu çok önemli bir konu.",
    "Finnish": "Tervetuloa uuteen jaksoon. Tänään puhumme Lauran kanssa siitä, miten hän aloitti"
    " ohjelmoinnin, mitä hän tekee työssään ja miksi hän vaihtoi alaa. Ennen kuin aloitamme, pari"
    " sanaa tämän jakson kumppanista, joka tekee ohjelman mahdolliseksi.",
    "Indonesian": "Selamat datang di episode baru. Hari ini kami berbicara dengan Dewi tentang"
    " bagaimana dia mulai belajar pemrograman, apa yang dia kerjakan sehari-hari dan mengapa dia"
    " pindah kerja. Sebelum mulai, terima kasih kepada sponsor kami.",
    "Russian": "Всем привет, это новый выпуск. Сегодня мы говорим с Ольгой о том, как она начала"
    " программировать и чем занимается на работе.",
    "Ukrainian": "Вітаємо в новому випуску. Сьогодні говоримо з Андрієм про те, як він почав.",
    "Greek": "Καλώς ήρθατε σε ένα νέο επεισόδιο. Σήμερα μιλάμε με τη Μαρία για τη δουλειά της.",
    "Chinese": "欢迎收听新一期节目。今天我们和小林聊聊她是怎么开始写代码的,平时用什么工具。",
    "Japanese": "番組へようこそ。今日は佐藤さんに、Pythonを使い始めたきっかけを聞きます。",
    "Korean": "새 에피소드에 오신 것을 환영합니다. 오늘은 지훈 님과 파이썬 이야기를 합니다.",
    "Hindi": "नए एपिसोड में आपका स्वागत है। आज हम प्रिया से बात करेंगे कि उन्होंने शुरुआत कैसे की।",
    "Arabic": "أهلا بكم في حلقة جديدة. اليوم نتحدث مع ليلى عن بداياتها في البرمجة وعن عملها.",
    "Hebrew": "ברוכים הבאים לפרק חדש. היום אנחנו מדברים עם נועה על איך היא התחילה לתכנת.",
}


def unit(text):
    return Unit(text=text, span=(0, len(text)), first_cue=0, stop_cue=1)


@pytest.mark.parametrize("text", ENGLISH.values(), ids=ENGLISH)
def test_english_of_every_kind_gets_no_warning(text):
    assert warnings_for([unit(text)]) == ()
    assert warnings_for([unit(text.lower().replace(",", "").replace(".", ""))]) == ()
    assert warnings_for([unit(text.upper())]) == ()


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_other_languages_get_one_warning(text):
    for form in (text, text.lower(), text.upper()):
        (warning,) = warnings_for([unit(form)])
        assert warning.code == "not_english"


def test_the_words_of_all_units_count_together():
    words = OTHER["Spanish"].split()
    units = [unit(" ".join(words[i : i + 3])) for i in range(0, len(words), 3)]
    assert [w.code for w in warnings_for(units)] == ["not_english"]


def test_a_spanish_guest_in_an_english_show_gets_no_warning():
    assert warnings_for([unit(OTHER["Spanish"]), *[unit(ENGLISH["talk"])] * 3]) == ()


def test_an_english_advert_in_a_spanish_show_does_not_hide_the_language():
    assert warnings_for([*[unit(OTHER["Spanish"])] * 6, unit(ENGLISH["an advert"])])


@pytest.mark.parametrize(
    "text", ["", "Hola, ¿qué tal?", "12 34 56 🎵 🎵", "[Musik] " * 19, "Ω ≈ π"]
)
def test_too_little_text_to_tell_gets_no_warning(text):
    assert warnings_for([unit(text)]) == ()


def test_no_units_get_no_warning():
    assert warnings_for([]) == ()


def test_the_warning_says_why_and_what_follows():
    (latin,) = warnings_for([unit(OTHER["Spanish"])])
    assert latin.message.startswith("this transcript is probably not English (")
    assert "% of its words are common English words" in latin.message
    assert "nothing is cut unless you force it (--force, or force=True in Python)" in latin.message
    (cyrillic,) = warnings_for([unit(OTHER["Russian"])])
    assert "100 % of its letters are not Latin" in cyrillic.message


def test_curly_and_straight_apostrophes_count_alike():
    text = " ".join(["don't it's you're that's padding filler"] * 10)
    assert warnings_for([unit(text)]) == warnings_for([unit(text.replace("'", "’"))]) == ()


def test_the_word_list_is_lower_case_and_of_the_size_that_was_measured():
    assert all(word == word.lower() for word in FUNCTION_WORDS)
    assert 60 <= len(FUNCTION_WORDS) <= 80
    assert FEWEST_WORDS == 20


def test_ten_thousand_words_take_milliseconds():
    units = [unit(ENGLISH["curly quotes and accents"])] * 400
    assert sum(len(u.text.split()) for u in units) > 10_000
    warnings_for(units)
    best = min(_seconds(units) for _ in range(5))
    assert best < 0.05  # about 4 ms; the rest is for busy machines


def _seconds(units):
    start = time.perf_counter()
    warnings_for(units)
    return time.perf_counter() - start
