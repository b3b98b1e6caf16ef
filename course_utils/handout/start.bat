@echo off
rem Opens the labs. The first time it installs them, which takes some minutes.
cd /d "%~dp0"
if not exist install\start.py (
  echo Unpack the whole archive first, then start from the folder that comes out of it.
  pause
  exit /b 2
)
where py >nul 2>nul
if %errorlevel%==0 (
  py -3 install\start.py %*
) else (
  python install\start.py %*
)
if errorlevel 1 pause
