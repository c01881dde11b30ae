"""An example of a table of utterances, with every column that the workflow knows."""

TEMPLATE = """\
# One row per utterance. Lines that begin with # are comments. Only utterance_id and label are
# required: delete the columns that you do not need. Further columns are kept.
#
# utterance_id  any text, each once
# label         any name; empty: this utterance has no label and is left out
# speaker       who speaks; needed for folds by speaker
# gender, dialog, session   kept; folds can be made by any of them
# split         train, dev or test: the corpus's own partition (splits.scheme: official)
# language      kept
# transcript    what is said; needed if text is used
# audio_path    a recording (wav, flac, mp3, ...), relative to this file or absolute;
#               empty: the sound of the video
# video_path    a video (mp4, avi, mkv, ...), relative to this file or absolute
# start, end    the utterance's span in its files [s]; empty: the whole file
# audio_start, audio_end   its span in the recording [s], where that differs from the video's; 0 and
#               empty: the whole recording
# crop          whole, left or right: the part of the picture that shows the speaker; empty: the
#               key `crop` of the configuration
utterance_id,label,speaker,gender,dialog,session,split,language,transcript,audio_path,video_path,\
start,end,audio_start,audio_end,crop
anna_001,happy,anna,F,d1,,train,en,"Well, that is great!",wav/anna_001.wav,,,,,,
ben_001,neutral,ben,M,d1,,train,en,I see.,,video/d1.mp4,2.5,3.75,,,right
cleo_001,happy,cleo,F,d2,,test,en,At last!,wav/cleo_001.flac,video/d2.mp4,8,10.5,0,2.5,whole
"""
